-- issue_state: what decides whether an event reopens an issue (writer)
-- index: primary keys
SELECT i.status, i.resolved_next, r.version, coalesce(r.released_ms, r.created_ms),
       i.ignore_until_ms, i.ignore_at_events, i.ignore_at_users, i.ignore_count, i.ignore_window_ms,
       i.ignore_hour_limit
  FROM issue AS i LEFT JOIN release AS r ON r.id = i.resolved_in
 WHERE i.id = ?1
