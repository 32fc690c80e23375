-- api_feedback_of_event: the user report of an event (worker)
-- :project :event     index: feedback_by_event
SELECT id, name, email, comments, created_ms FROM feedback
 WHERE event_id = :event AND project_id = :project ORDER BY id DESC LIMIT 1;
