-- take_tag (writer, unmerge)
-- index: primary key
UPDATE issue_tag SET events = max(0, events - ?4) WHERE issue_id = ?1 AND key = ?2 AND value = ?3
