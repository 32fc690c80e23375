-- api_log_minutes: how many log records came of one service (worker)
-- :service :from :to     index: primary key
SELECT minute, environment, level, records FROM log_minute
 WHERE service_id = :service AND minute >= :from AND minute < :to ORDER BY minute;
