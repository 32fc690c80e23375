-- api_operation_ids: the numbers that operations of a service have in a segment (worker)
-- :service :name (NULL: any)
-- index: operation_by_service; unsealed: scan, a row per operation with entry rows, thousands at most
SELECT id FROM operation WHERE service = :service AND (:name IS NULL OR name = :name) ORDER BY id;
