-- segment_put_mark: what a block of spans or logs speaks of (writer, with the block)
-- index: primary key, appended to
INSERT INTO mark (block_id, kind, min_ms, max_ms, traces, words) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
