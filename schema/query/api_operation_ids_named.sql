-- api_operation_ids_named: the same, whatever service (worker)
-- :service (not looked at) :name
-- scan: a row per operation with entry rows, thousands at most
SELECT id FROM operation WHERE name = :name AND :service IS NULL;
