-- tallied_delete (writer: retention, damage)
-- index: primary key
DELETE FROM tallied WHERE segment_id = ?1
