-- segment_state: sealed or packed (writer, when the sealing thread reports)
-- index: primary key
UPDATE segment SET state = :state, file = :file, bytes = :bytes WHERE id = :id
