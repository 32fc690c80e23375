-- segment_event_at: one event (writer)
-- index: primary key
SELECT seq, id, project_id, issue_id, hash, prev_seq, timestamp_ms, block_id, slot, trace_id
  FROM event WHERE seq = ?1
