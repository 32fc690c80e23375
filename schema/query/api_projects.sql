-- api_projects: all projects of an organisation, or of all with 0, by id (worker); a small table
-- :org
SELECT id, org_id, slug, name, platform, created_ms, first_event_ms, settings,
       EXISTS (SELECT 1 FROM service AS s JOIN operation AS o ON o.service_id = s.id WHERE s.project_id = project.id)
  FROM project WHERE status = 'active' AND (:org = 0 OR org_id = :org) ORDER BY id;
