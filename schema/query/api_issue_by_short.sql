-- api_issue_by_short: the issue behind a short id (worker)
-- :project :short     index: issue (project_id, short), unique
SELECT id FROM issue WHERE project_id = :project AND short = :short;
