-- api_stored_issue_after: an issue's oldest event above a sequence (worker)
-- :issue :after     index: event_by_issue; unsealed: the primary key forwards, at most SEGMENT_ROWS_MAX rows
SELECT seq, id, project_id, issue_id, prev_seq, timestamp_ms, block_id, slot
  FROM event WHERE issue_id = :issue AND seq > :after ORDER BY seq LIMIT 1;
