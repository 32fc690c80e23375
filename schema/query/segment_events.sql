-- segment_events: events after one, in order (writer: recovery, sealing, check)
-- index: primary key
SELECT seq, id, project_id, issue_id, hash, prev_seq, timestamp_ms, block_id, slot, trace_id
  FROM event WHERE seq > ?1 ORDER BY seq
