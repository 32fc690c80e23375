-- api_release_by_version: a release of an organisation by its name (worker)
-- :org :version     index: release (org_id, version), unique
SELECT id, org_id, version, created_ms, released_ms, started_ms, ref, url, status, data
  FROM release WHERE org_id = :org AND version = :version;
