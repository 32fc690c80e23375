-- service_insert: a service comes into being with its first span (writer, flush)
-- index: UNIQUE (project_id, name)
INSERT INTO service (project_id, name, first_ms, last_ms) VALUES (?1, ?2, ?3, ?3)
