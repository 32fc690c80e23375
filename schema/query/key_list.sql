-- key_list: for tools on a stopped folder; ?1 0: of all projects
-- scan: it wants them all
SELECT k.public_key, k.label, k.active, k.rate_count, k.rate_window_s, p.slug, p.id
  FROM key AS k JOIN project AS p ON p.id = k.project_id
 WHERE p.status = 'active' AND (?1 = 0 OR p.id = ?1) ORDER BY p.id, k.created_ms
