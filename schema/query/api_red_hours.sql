-- api_red_hours: what is counted of one operation, by the hour (worker)
-- :operation :from :to     index: primary key
SELECT hour, release_id, environment, calls, errors, total_us, sketch FROM red_hour
 WHERE operation_id = :operation AND hour >= :from AND hour < :to ORDER BY hour;
