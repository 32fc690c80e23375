-- api_environments_of: environments of a project (worker)
-- :project     index: environment, primary key
SELECT name, first_ms, last_ms, events, hidden FROM environment WHERE project_id = :project ORDER BY name;
