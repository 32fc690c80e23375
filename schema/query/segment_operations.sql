-- segment_operations: all operations of a file (writer, at start)
-- scan: a row per operation, thousands at most; read once
SELECT id, project_id, service, name, kind FROM operation ORDER BY id
