-- edge_minute_prune: an edge's old minutes leave (writer, housekeeping)
-- :id :minute     index: primary key
DELETE FROM edge_minute WHERE edge_id = :id AND minute < :minute
