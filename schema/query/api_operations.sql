-- api_operations: what a service does, and calls (worker)
-- :service     index: UNIQUE (service_id, name, kind, entry)
SELECT id, name, kind, entry FROM operation WHERE service_id = :service AND entry < 2;
