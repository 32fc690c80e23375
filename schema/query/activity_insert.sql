-- activity_insert: a line in an issue's history (writer)
-- index: primary key
INSERT INTO activity (issue_id, user_id, type, data, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)
