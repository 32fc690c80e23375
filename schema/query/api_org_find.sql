-- api_org_find: an organisation by id or slug (worker); a table of a row or two
-- :id :slug     index: primary key, org.slug (unique)
SELECT id, slug, name, created_ms FROM org WHERE id = :id OR slug = :slug;
