-- org_find: by number or slug (writer, commands)
-- index: primary key, UNIQUE (slug)
SELECT id FROM org WHERE id = ?1 OR slug = ?2 ORDER BY id = ?1 DESC LIMIT 1
