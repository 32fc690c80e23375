-- issue_user_add: one distinct user, while they are few (writer, flush)
-- index: primary key
INSERT INTO issue_user (issue_id, user_hash) VALUES (?1, ?2) ON CONFLICT DO NOTHING
