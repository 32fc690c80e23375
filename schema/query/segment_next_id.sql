-- segment_next_id (writer, at rollover)
-- index: primary key, its end
SELECT coalesce(max(id), 0) + 1 FROM segment
