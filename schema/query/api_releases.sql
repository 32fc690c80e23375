-- api_releases: releases of an organisation, newest first (worker)
-- :org :projects (JSON list; NULL: all) :like :status (NULL: any) :limit :offset     index: release_by_time
SELECT id, org_id, version, created_ms, released_ms, started_ms, ref, url, status, data
  FROM release r
 WHERE org_id = :org AND version LIKE :like ESCAPE '\' AND (:status IS NULL OR status = :status)
   AND (:projects IS NULL OR EXISTS (SELECT 1 FROM release_project p WHERE p.release_id = r.id
        AND p.project_id IN (SELECT value FROM json_each(:projects))))
 ORDER BY COALESCE(released_ms, created_ms) DESC, id DESC LIMIT :limit OFFSET :offset;
