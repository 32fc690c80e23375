-- edge_next: edges in turn (writer, housekeeping)
-- :after     index: primary key
SELECT id FROM edge WHERE id > :after ORDER BY id LIMIT 16
