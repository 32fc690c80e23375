-- drop_issue_hour: of an issue that is deleted, or was merged into another (writer, commands)
-- index: primary key
DELETE FROM issue_hour WHERE issue_id = ?1
