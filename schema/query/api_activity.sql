-- api_activity: what happened to an issue, newest first (worker)
-- :issue :limit     index: activity_by_issue
SELECT id, user_id, type, data, created_ms FROM activity WHERE issue_id = :issue ORDER BY id DESC LIMIT :limit;
