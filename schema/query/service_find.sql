-- service_find: a service by name (writer, flush)
-- index: UNIQUE (project_id, name)
SELECT id FROM service WHERE project_id = ?1 AND name = ?2
