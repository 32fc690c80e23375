-- log_hour_prune: a service's old hours leave (writer, housekeeping)
-- :id :hour     index: primary key
DELETE FROM log_hour WHERE service_id = :id AND hour < :hour
