-- take_tag_key (writer, unmerge)
-- index: primary key
UPDATE issue_tag_key SET events = max(0, events - ?3) WHERE issue_id = ?1 AND key = ?2
