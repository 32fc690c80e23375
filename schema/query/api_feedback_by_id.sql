-- api_feedback_by_id: one report or feedback (worker)
-- :id     index: primary key
SELECT id, uid, event_id, issue_id, name, email, comments, url, source, created_ms FROM feedback WHERE id = :id;
