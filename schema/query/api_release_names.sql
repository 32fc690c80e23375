-- api_release_names: an organisation's releases, newest first (worker: release terms of a search)
-- :org     index: release_by_time
SELECT id, version FROM release WHERE org_id = :org
 ORDER BY COALESCE(released_ms, created_ms) DESC, id DESC LIMIT 20000;
