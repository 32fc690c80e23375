-- feedback_report: a user report on an event (writer, flush); a later one on the same event replaces it
-- index: feedback_by_report
INSERT INTO feedback (project_id, uid, event_id, name, email, comments, url, source, created_ms, payload)
VALUES (:project, NULL, :event, :name, :email, :comments, :url, :source, :now, :payload)
    ON CONFLICT (project_id, event_id) WHERE uid IS NULL
    DO UPDATE SET name = excluded.name, email = excluded.email, comments = excluded.comments
