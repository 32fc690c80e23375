-- operation_next: operations in turn (writer, housekeeping)
-- :after     index: primary key
SELECT id FROM operation WHERE id > :after ORDER BY id LIMIT 16
