-- red_minute_prune: an operation's old minutes leave (writer, housekeeping)
-- :id :minute     index: primary key
DELETE FROM red_minute WHERE operation_id = :id AND minute < :minute
