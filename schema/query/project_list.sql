-- project_list: for the tools, a page (LIST_PAGE) from row ?1 on
-- scan: they want them all
SELECT p.id, p.slug, p.name, p.platform,
       (SELECT k.public_key FROM key AS k WHERE k.project_id = p.id AND k.active ORDER BY k.created_ms LIMIT 1)
  FROM project AS p WHERE p.status = 'active' ORDER BY p.id LIMIT 100 OFFSET ?1
