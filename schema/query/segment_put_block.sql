-- segment_put_block: one packed block (writer, each commit)
-- index: primary key, appended to
INSERT INTO block (id, kind, records, raw_bytes, min_ms, max_ms, data)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
