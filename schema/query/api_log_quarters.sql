-- api_log_quarters: how many log records came of one service (worker)
-- :service :from :to     index: primary key
SELECT quarter, environment, level, records FROM log_quarter
 WHERE service_id = :service AND quarter >= :from AND quarter < :to ORDER BY quarter;
