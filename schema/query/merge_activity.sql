-- merge_activity: its history moves along, but for its beginning (writer, merge)
-- index: activity_by_issue
UPDATE activity SET issue_id = ?2 WHERE issue_id = ?1 AND type <> 'first_seen'
