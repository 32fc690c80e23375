-- segment_entries: how many entry rows a file has (writer, at start)
-- index: primary key, its end
SELECT coalesce(max(id), 0) FROM entry
