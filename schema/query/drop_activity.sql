-- drop_activity: of an issue that is deleted, or was merged into another (writer, commands)
-- index: activity_by_issue
DELETE FROM activity WHERE issue_id = ?1
