-- drop_issue_release: of an issue that is deleted, or was merged into another (writer, commands)
-- index: primary key
DELETE FROM issue_release WHERE issue_id = ?1
