-- api_stored_before: events below a sequence, newest first, whatever their project (worker)
-- :before     index: primary key
SELECT seq, id, project_id, issue_id, prev_seq, timestamp_ms, block_id, slot
  FROM event WHERE seq < :before ORDER BY seq DESC;
