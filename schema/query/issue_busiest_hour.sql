-- issue_busiest_hour: its most events in an hour since then (writer, commands)
-- index: primary key, one range
SELECT coalesce(max(events), 0) FROM issue_hour WHERE issue_id = ?1 AND hour > ?2
