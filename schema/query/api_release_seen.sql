-- api_release_seen: a release's name, and when a project first heard of it (worker)
-- :release :project     index: primary keys
SELECT r.version, p.first_ms FROM release AS r
  JOIN release_project AS p ON p.release_id = r.id AND p.project_id = :project
 WHERE r.id = :release;
