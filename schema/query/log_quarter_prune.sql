-- log_quarter_prune: a service's old quarters of days leave (writer, housekeeping)
-- :id :quarter     index: primary key
DELETE FROM log_quarter WHERE service_id = :id AND quarter < :quarter
