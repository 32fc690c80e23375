-- take_hour_empty: rows with nothing left in them (writer, unmerge)
-- index: primary key, one issue's rows
DELETE FROM issue_hour WHERE issue_id = ?1 AND events = 0
