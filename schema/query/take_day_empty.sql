-- take_day_empty: rows with nothing left in them (writer, unmerge)
-- index: primary key, one issue's rows
DELETE FROM issue_day WHERE issue_id = ?1 AND events = 0
