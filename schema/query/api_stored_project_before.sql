-- api_stored_project_before: a project's newest event below a sequence (worker)
-- :project :before     index: event_by_project; unsealed: the primary key backwards, at most SEGMENT_ROWS_MAX rows
SELECT seq, id, project_id, issue_id, prev_seq, timestamp_ms, block_id, slot
  FROM event WHERE project_id = :project AND seq < :before ORDER BY seq DESC LIMIT 1;
