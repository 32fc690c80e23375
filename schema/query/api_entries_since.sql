-- api_entries_since: entry rows of a segment in use, that came since (worker)
-- :after     index: primary key
SELECT id, operation_id, start_ms, duration_us, flags FROM entry WHERE id > :after ORDER BY id;
