-- segment_end: a segment is full, another takes over (writer, at rollover)
-- index: primary key
UPDATE segment SET state = 'sealing', last_seq = :last_seq, first_ms = :first_ms, last_ms = :last_ms,
       rows = :rows, bytes = :bytes
 WHERE id = :id
