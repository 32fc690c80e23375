-- service_expire: a service that has neither operations nor log records left leaves (writer, housekeeping)
-- :id     index: UNIQUE (service_id, …) of operation, primary keys
DELETE FROM service WHERE id = :id AND NOT EXISTS (SELECT 1 FROM operation WHERE service_id = :id)
   AND NOT EXISTS (SELECT 1 FROM log_hour WHERE service_id = :id)
   AND NOT EXISTS (SELECT 1 FROM log_quarter WHERE service_id = :id)
