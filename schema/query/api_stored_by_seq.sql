-- api_stored_by_seq: one event of a segment (worker)
-- :seq     index: primary key
SELECT seq, id, project_id, issue_id, prev_seq, timestamp_ms, block_id, slot FROM event WHERE seq = :seq;
