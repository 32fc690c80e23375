-- service_seen: it was heard of again (writer, flush)
-- index: primary key
UPDATE service SET first_ms = min(first_ms, ?2), last_ms = max(last_ms, ?3) WHERE id = ?1
