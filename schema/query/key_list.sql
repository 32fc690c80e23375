-- key_list: for the tools, a page (LIST_PAGE) from row ?2 on; ?1 0: of all projects
-- scan: they want them all
SELECT k.public_key, k.label, k.active, k.rate_count, k.rate_window_s, p.slug, p.id
  FROM key AS k JOIN project AS p ON p.id = k.project_id
 WHERE p.status = 'active' AND (?1 = 0 OR p.id = ?1) ORDER BY p.id, k.created_ms, k.public_key
 LIMIT 100 OFFSET ?2
