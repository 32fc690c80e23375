-- applied_get: where a ring goes on (writer, at start; catalogue and segments)
-- index: primary key
SELECT position FROM applied WHERE slot = ?1 AND incarnation = ?2
