-- take_issue (writer, unmerge)
-- index: primary key
UPDATE issue SET events = max(0, events - ?2) WHERE id = ?1
