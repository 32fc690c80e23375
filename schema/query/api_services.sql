-- api_services: a project's services, and what all their units of work are counted under (worker)
-- :project     index: UNIQUE (project_id, name); operation's UNIQUE (service_id, name, kind, entry)
SELECT s.id, s.name, s.first_ms, s.last_ms, o.id FROM service AS s
  LEFT JOIN operation AS o ON o.service_id = s.id AND o.name = '' AND o.kind = 0 AND o.entry = 2
 WHERE s.project_id = :project ORDER BY s.name;
