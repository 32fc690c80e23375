-- merge_feedback (writer, merge)
-- index: feedback_by_issue
UPDATE feedback SET issue_id = ?2 WHERE issue_id = ?1
