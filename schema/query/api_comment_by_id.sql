-- api_comment_by_id: one activity (worker)
-- :id     index: primary key
SELECT id, user_id, type, data, created_ms, issue_id FROM activity WHERE id = :id;
