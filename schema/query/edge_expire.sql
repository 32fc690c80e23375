-- edge_expire: an edge that has no figures left leaves (writer, housekeeping)
-- :id     index: primary keys
DELETE FROM edge WHERE id = :id AND NOT EXISTS (SELECT 1 FROM edge_hour WHERE edge_id = :id)
   AND NOT EXISTS (SELECT 1 FROM edge_quarter WHERE edge_id = :id)
