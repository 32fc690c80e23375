-- release_insert: a release comes into being with its first event (writer)
-- index: UNIQUE (org_id, version)
INSERT INTO release (org_id, version, created_ms) VALUES (?1, ?2, ?3)
