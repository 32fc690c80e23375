-- segment_put_event: one narrow row per event (writer, each commit; the hottest statement there is)
-- index: primary key, appended to
INSERT INTO event (seq, id, project_id, issue_id, hash, prev_seq, timestamp_ms, block_id, slot, trace_id)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
