-- api_project_latest_release: the newest release of a project (worker)
-- :org :project     index: release_by_time, release_project (primary key); stops at the first that fits
SELECT r.version FROM release r
 WHERE r.org_id = :org
   AND EXISTS (SELECT 1 FROM release_project p WHERE p.release_id = r.id AND p.project_id = :project)
 ORDER BY COALESCE(r.released_ms, r.created_ms) DESC, r.id DESC LIMIT 1;
