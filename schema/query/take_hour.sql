-- take_hour: figures of events that left the issue (writer, unmerge)
-- index: primary key
UPDATE issue_hour SET events = max(0, events - ?3) WHERE issue_id = ?1 AND hour = ?2
