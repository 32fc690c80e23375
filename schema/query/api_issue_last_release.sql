-- api_issue_last_release: where an issue was seen last (worker)
-- :issue :environment (NULL: any)     index: issue_release, primary key
SELECT release_id, environment, first_ms, last_ms, events FROM issue_release
 WHERE issue_id = :issue AND release_id != 0 AND (:environment IS NULL OR environment = :environment)
 ORDER BY last_ms DESC LIMIT 1;
