-- drop_issue_day: of an issue that is deleted, or was merged into another (writer, commands)
-- index: primary key
DELETE FROM issue_day WHERE issue_id = ?1
