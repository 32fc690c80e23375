-- api_operation_ids: the numbers that an operation of a service has in a segment (worker)
-- :service :name (either may be NULL: any)
-- scan: a row per operation with entry rows, thousands at most
SELECT id FROM operation
 WHERE (:service IS NULL OR service = :service) AND (:name IS NULL OR name = :name);
