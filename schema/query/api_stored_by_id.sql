-- api_stored_by_id: events of that id in a sealed segment, newest first (worker)
-- :id     index: event_by_id (sealed segments only)
SELECT seq, id, project_id, issue_id, prev_seq, timestamp_ms, block_id, slot
  FROM event INDEXED BY event_by_id WHERE id = :id ORDER BY seq DESC;
