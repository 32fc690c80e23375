-- api_release_by_id: one release (worker)
-- :id     index: primary key
SELECT id, org_id, version, created_ms, released_ms, started_ms, ref, url, status, data
  FROM release WHERE id = :id;
