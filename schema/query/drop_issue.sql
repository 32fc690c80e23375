-- drop_issue (writer, commands)
-- index: primary key
DELETE FROM issue WHERE id = ?1
