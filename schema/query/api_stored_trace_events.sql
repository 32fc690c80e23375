-- api_stored_trace_events: events of a trace (worker)
-- :trace     index: event_by_trace; while a segment waits for it: scan, at most SEGMENT_ROWS_MAX rows
SELECT seq, id, project_id, issue_id, prev_seq, timestamp_ms, block_id, slot
  FROM event WHERE trace_id = :trace;
