-- api_red_quarters: what is counted of one operation, by the quarter of a day (worker)
-- :operation :from :to     index: primary key
SELECT quarter, release_id, environment, calls, errors, total_us, sketch FROM red_quarter
 WHERE operation_id = :operation AND quarter >= :from AND quarter < :to ORDER BY quarter;
