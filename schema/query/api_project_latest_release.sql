-- api_project_latest_release: the release seen last in a project (worker)
-- :project     index: release_project_by_last
SELECT r.version FROM release_project p JOIN release r ON r.id = p.release_id
 WHERE p.project_id = :project ORDER BY p.last_ms DESC LIMIT 1;
