-- api_edge_minutes: calls along one edge (worker)
-- :edge :from :to     index: primary key
SELECT COALESCE(sum(calls), 0), COALESCE(sum(errors), 0), COALESCE(sum(total_us), 0) FROM edge_minute
 WHERE edge_id = :edge AND minute >= :from AND minute < :to;
