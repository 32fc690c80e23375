-- project_find: a project by number or by slug in its organisation (writer, commands)
-- index: primary key, or UNIQUE (org_id, slug) from its second column: projects are few
SELECT id FROM project WHERE status = 'active' AND (id = ?1 OR slug = ?2) ORDER BY id = ?1 DESC LIMIT 1
