-- red_quarter_prune: an operation's old quarters of days leave (writer, housekeeping)
-- :id :quarter     index: primary key
DELETE FROM red_quarter WHERE operation_id = :id AND quarter < :quarter
