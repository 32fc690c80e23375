-- api_red_minutes: what is counted of one operation, by the minute (worker)
-- :operation :from :to     index: primary key
SELECT minute, release_id, environment, calls, errors, total_us, sketch FROM red_minute
 WHERE operation_id = :operation AND minute >= :from AND minute < :to ORDER BY minute;
