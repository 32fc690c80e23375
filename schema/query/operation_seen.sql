-- operation_seen: it was heard of again (writer, flush)
-- index: primary key
UPDATE operation SET first_ms = min(first_ms, ?2), last_ms = max(last_ms, ?3) WHERE id = ?1
