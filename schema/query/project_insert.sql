-- project_insert (writer)
-- index: UNIQUE (org_id, slug)
INSERT INTO project (org_id, slug, name, platform, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)
