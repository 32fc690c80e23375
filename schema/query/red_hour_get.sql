-- red_hour_get: what is counted of an operation in that hour (writer, flush)
-- index: primary key
SELECT sketch FROM red_hour
 WHERE operation_id = ?1 AND hour = ?2 AND release_id = ?3 AND environment = ?4
