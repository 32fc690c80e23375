-- operation_expire: an operation that has no figures left leaves (writer, housekeeping)
-- :id     index: primary keys
DELETE FROM operation WHERE id = :id AND NOT EXISTS (SELECT 1 FROM red_hour WHERE operation_id = :id)
   AND NOT EXISTS (SELECT 1 FROM red_quarter WHERE operation_id = :id)
