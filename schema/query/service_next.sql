-- service_next: services in turn (writer, housekeeping)
-- :after     index: primary key
SELECT id FROM service WHERE id > :after ORDER BY id LIMIT 16
