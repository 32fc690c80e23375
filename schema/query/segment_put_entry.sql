-- segment_put_entry: one narrow row per entry span (writer, each commit)
-- index: primary key, appended to
INSERT INTO entry (operation_id, start_ms, duration_us, flags, trace_id) VALUES (?1, ?2, ?3, ?4, ?5)
