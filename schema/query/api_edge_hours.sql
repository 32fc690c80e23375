-- api_edge_hours: calls along one edge (worker)
-- :edge :from :to     index: primary key
SELECT COALESCE(sum(calls), 0), COALESCE(sum(errors), 0), COALESCE(sum(total_us), 0) FROM edge_hour
 WHERE edge_id = :edge AND hour >= :from AND hour < :to;
