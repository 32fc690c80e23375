-- api_comments: comments on an issue, newest first (worker)
-- :issue :limit :offset     index: activity_by_issue
SELECT id, user_id, type, data, created_ms FROM activity
 WHERE issue_id = :issue AND type = 'note' ORDER BY id DESC LIMIT :limit OFFSET :offset;
