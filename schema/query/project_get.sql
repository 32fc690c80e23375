-- project_get (writer, commands)
-- index: primary key
SELECT org_id, slug, name, platform, settings FROM project WHERE id = ?1 AND status = 'active'
