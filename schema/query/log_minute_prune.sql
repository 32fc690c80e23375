-- log_minute_prune: a service's old minutes leave (writer, housekeeping)
-- :id :minute     index: primary key
DELETE FROM log_minute WHERE service_id = :id AND minute < :minute
