-- project_tag_new: a tag value is listed from now on (writer, flush)
-- index: primary key
INSERT INTO project_tag (project_id, key, value, events, first_ms, last_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
