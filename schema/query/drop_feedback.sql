-- drop_feedback: reports outlive the issue they spoke of (writer, commands)
-- index: feedback_by_issue
UPDATE feedback SET issue_id = NULL WHERE issue_id = ?1
