-- drop_issue_tag: of an issue that is deleted, or was merged into another (writer, commands)
-- index: primary key
DELETE FROM issue_tag WHERE issue_id = ?1
