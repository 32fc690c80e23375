-- release_find: a release by name (writer)
-- index: UNIQUE (org_id, version)
SELECT id, coalesce(released_ms, created_ms) FROM release WHERE org_id = ?1 AND version = ?2
