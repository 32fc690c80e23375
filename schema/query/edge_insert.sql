-- edge_insert: two services meet for the first time (writer, flush)
-- index: UNIQUE (project_id, caller, callee, kind, environment)
INSERT INTO edge (project_id, caller, callee, kind, environment) VALUES (?1, ?2, ?3, ?4, ?5)
