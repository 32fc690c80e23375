-- red_minute_get: what is counted of an operation in that minute (writer, flush)
-- index: primary key
SELECT sketch FROM red_minute
 WHERE operation_id = ?1 AND minute = ?2 AND release_id = ?3 AND environment = ?4
