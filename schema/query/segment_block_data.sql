-- segment_block_data: one packed block (writer: recovery, sealing, check)
-- index: primary key
SELECT data FROM block WHERE id = ?1
