-- project_restore: a project that only its events remember (writer, after the catalogue was lost)
-- index: primary key
INSERT INTO project (id, org_id, slug, name, created_ms)
VALUES (?1, (SELECT min(id) FROM org), ?2, ?2, ?3) ON CONFLICT DO NOTHING
