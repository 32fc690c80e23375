-- feedback_put: a feedback item (writer, flush); sent twice it is one
-- index: feedback_by_uid
INSERT INTO feedback (project_id, uid, event_id, name, email, comments, url, source, created_ms, payload)
VALUES (:project, :uid, :event, :name, :email, :comments, :url, :source, :now, :payload)
    ON CONFLICT (project_id, uid) WHERE uid IS NOT NULL DO NOTHING
