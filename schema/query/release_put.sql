-- release_put: a release made by hand (writer, commands)
-- index: primary key
INSERT INTO release (org_id, version, created_ms, released_ms, started_ms, ref, url, status)
VALUES (:org, :version, :now, :released, :started, :ref, :url, :status)
