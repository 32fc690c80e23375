-- applied_get: up to which command of a ring the catalogue has come (writer, at start)
-- index: primary key
SELECT position FROM applied WHERE slot = ?1 AND incarnation = ?2
