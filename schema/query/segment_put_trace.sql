-- segment_put_trace: a trace is in a block (sealing thread, in order)
-- index: primary key
INSERT OR IGNORE INTO trace (hash, block_id) VALUES (?1, ?2)
