-- operation_insert: an operation comes into being with its first span (writer, flush)
-- index: UNIQUE (service_id, name, kind, entry)
INSERT INTO operation (service_id, name, kind, entry, first_ms, last_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
