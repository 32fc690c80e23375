-- api_release_before: the newest release that is older than another one and of one of its projects (worker)
-- :org :release :at (when that one was released)     index: release_by_time
SELECT r.version FROM release r
 WHERE r.org_id = :org AND COALESCE(r.released_ms, r.created_ms) < :at AND r.id <> :release
   AND EXISTS (SELECT 1 FROM release_project own JOIN release_project other ON other.project_id = own.project_id
               WHERE own.release_id = :release AND other.release_id = r.id)
 ORDER BY COALESCE(r.released_ms, r.created_ms) DESC LIMIT 1;
