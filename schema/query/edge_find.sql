-- edge_find: an edge by its ends (writer, flush)
-- index: UNIQUE (project_id, caller, callee, kind, environment)
SELECT id FROM edge
 WHERE project_id = ?1 AND caller = ?2 AND callee = ?3 AND kind = ?4 AND environment = ?5
