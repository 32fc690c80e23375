-- api_stored_issue_before: an issue's newest event below a sequence (worker)
-- :issue :before     index: event_by_issue; unsealed: the primary key backwards, at most SEGMENT_ROWS_MAX rows
SELECT seq, id, project_id, issue_id, prev_seq, timestamp_ms, block_id, slot
  FROM event WHERE issue_id = :issue AND seq < :before ORDER BY seq DESC LIMIT 1;
