-- release_get (writer, commands)
-- index: primary key
SELECT org_id, version, released_ms, started_ms, ref, url, status FROM release WHERE id = ?1
