-- project_slug_taken (writer, commands)
-- index: UNIQUE (org_id, slug)
SELECT id FROM project WHERE org_id = ?1 AND slug = ?2 AND id <> ?3
