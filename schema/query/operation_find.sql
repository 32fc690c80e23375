-- operation_find: an operation of a service (writer, flush)
-- index: UNIQUE (service_id, name, kind, entry)
SELECT id FROM operation WHERE service_id = ?1 AND name = ?2 AND kind = ?3 AND entry = ?4
