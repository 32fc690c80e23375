-- api_stored_event_trace: one event, if it is of that trace (worker)
-- :seq :trace     index: primary key
SELECT seq, id, project_id, issue_id, prev_seq, timestamp_ms, block_id, slot
  FROM event WHERE seq = :seq AND trace_id = :trace;
