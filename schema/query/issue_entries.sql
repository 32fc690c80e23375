-- issue_entries: what the shared issue table holds (writer, at start)
-- scan: it wants them all
SELECT id, project_id, status, events, users, first_ms, last_ms, last_seq, coalesce(resolved_in, 0)
  FROM issue
