-- api_log_hours: how many log records came of one service (worker)
-- :service :from :to     index: primary key
SELECT hour, environment, level, records FROM log_hour
 WHERE service_id = :service AND hour >= :from AND hour < :to ORDER BY hour;
