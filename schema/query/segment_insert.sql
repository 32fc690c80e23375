-- segment_insert: a new segment (writer, at rollover; recovery, for a file the catalogue has lost)
-- index: primary key
INSERT INTO segment (id, file, state, day, first_seq, last_seq, first_ms, last_ms, rows, bytes)
VALUES (:id, :file, :state, :day, :first_seq, :last_seq, :first_ms, :last_ms, :rows, :bytes)
