-- api_edge_quarters: calls along one edge (worker)
-- :edge :from :to     index: primary key
SELECT COALESCE(sum(calls), 0), COALESCE(sum(errors), 0), COALESCE(sum(total_us), 0) FROM edge_quarter
 WHERE edge_id = :edge AND quarter >= :from AND quarter < :to;
