-- segment_adopt: the catalogue's row of a file follows what was found (writer, at start)
-- index: primary key
UPDATE segment SET file = :file, state = :state, last_seq = :last_seq, rows = :rows, bytes = :bytes
 WHERE id = :id
