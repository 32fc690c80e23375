-- red_quarter_get: what is counted of an operation in that quarter of a day (writer, flush)
-- index: primary key
SELECT sketch FROM red_quarter
 WHERE operation_id = ?1 AND quarter = ?2 AND release_id = ?3 AND environment = ?4
