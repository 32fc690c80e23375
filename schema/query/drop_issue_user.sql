-- drop_issue_user: of an issue that is deleted, or was merged into another (writer, commands)
-- index: primary key
DELETE FROM issue_user WHERE issue_id = ?1
