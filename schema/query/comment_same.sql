-- comment_same: has the same person just said the same? (writer, commands)
-- index: activity_by_issue
SELECT 1 FROM activity
 WHERE issue_id = ?1 AND type = 'note' AND user_id = ?2 AND data = ?3 AND created_ms > ?4 LIMIT 1
