-- edge_hour_prune: an edge's old hours leave (writer, housekeeping)
-- :id :hour     index: primary key
DELETE FROM edge_hour WHERE edge_id = :id AND hour < :hour
