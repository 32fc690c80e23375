-- edge_quarter_prune: an edge's old quarters of days leave (writer, housekeeping)
-- :id :quarter     index: primary key
DELETE FROM edge_quarter WHERE edge_id = :id AND quarter < :quarter
