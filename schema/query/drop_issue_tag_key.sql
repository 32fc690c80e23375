-- drop_issue_tag_key: of an issue that is deleted, or was merged into another (writer, commands)
-- index: primary key
DELETE FROM issue_tag_key WHERE issue_id = ?1
