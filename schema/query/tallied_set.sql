-- tallied_set: how far the aggregates contain a segment (writer, each flush)
-- index: primary key
INSERT INTO tallied (segment_id, block_id, seq, whole) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (segment_id) DO UPDATE
       SET block_id = excluded.block_id, seq = excluded.seq, whole = excluded.whole
