-- segment_list: all segments, oldest first (writer: start, retention, figures)
-- scan: one row per file there is
SELECT s.id, s.file, s.state, s.day, s.first_seq, s.last_seq, s.first_ms, s.last_ms, s.rows, s.bytes,
       coalesce(t.block_id, 0), coalesce(t.seq, 0), coalesce(t.whole, 0)
  FROM segment AS s LEFT JOIN tallied AS t ON t.segment_id = s.id
 ORDER BY s.first_seq, s.id
