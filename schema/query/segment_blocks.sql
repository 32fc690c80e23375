-- segment_blocks: blocks after one, without their data (writer: recovery, sealing, check)
-- index: primary key
SELECT id, kind, records, raw_bytes, min_ms, max_ms FROM block WHERE id > ?1 ORDER BY id
