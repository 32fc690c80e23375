-- api_environments: environments of an organisation's projects, by name (worker); few rows
-- :org     index: environment, primary key
SELECT e.name, e.hidden FROM project p JOIN environment e ON e.project_id = p.id
 WHERE p.org_id = :org AND p.status = 'active' ORDER BY e.name, e.hidden;
