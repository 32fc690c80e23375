-- take_release (writer, unmerge)
-- index: primary key
UPDATE issue_release SET events = max(0, events - ?4)
 WHERE issue_id = ?1 AND release_id = ?2 AND environment = ?3
