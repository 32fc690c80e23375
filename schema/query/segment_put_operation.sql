-- segment_put_operation: a number for an operation, before its first entry row (writer)
-- index: primary key, appended to
INSERT INTO operation (id, project_id, service, name, kind) VALUES (?1, ?2, ?3, ?4, ?5)
