-- red_hour_prune: an operation's old hours leave (writer, housekeeping)
-- :id :hour     index: primary key
DELETE FROM red_hour WHERE operation_id = :id AND hour < :hour
