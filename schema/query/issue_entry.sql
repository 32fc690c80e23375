-- issue_entry: the same for one (writer, after a command)
-- index: primary key
SELECT id, project_id, status, events, users, first_ms, last_ms, last_seq, coalesce(resolved_in, 0)
  FROM issue WHERE id = ?1
