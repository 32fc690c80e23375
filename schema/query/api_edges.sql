-- api_edges: who calls whom in a project (worker)
-- :project     index: UNIQUE (project_id, caller, callee, kind, environment)
SELECT id, caller, callee, kind, environment FROM edge WHERE project_id = :project;
