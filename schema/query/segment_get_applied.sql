-- segment_get_applied: where a ring goes on (writer, at start)
-- index: primary key
SELECT position FROM applied WHERE slot = ?1 AND incarnation = ?2
