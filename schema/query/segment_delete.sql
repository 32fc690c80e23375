-- segment_delete (writer: retention, damage)
-- index: primary key
DELETE FROM segment WHERE id = ?1
