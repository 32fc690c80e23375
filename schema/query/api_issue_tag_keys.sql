-- api_issue_tag_keys: tag keys of an issue, most used first (worker)
-- :issue     index: issue_tag_key, primary key
SELECT key, events, listed FROM issue_tag_key WHERE issue_id = :issue ORDER BY events DESC, key LIMIT 500;
