-- take_day (writer, unmerge)
-- index: primary key
UPDATE issue_day SET events = max(0, events - ?3) WHERE issue_id = ?1 AND day = ?2
