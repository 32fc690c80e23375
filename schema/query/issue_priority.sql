-- issue_priority (writer, commands)
-- index: primary key
UPDATE issue SET priority = ?2 WHERE id = ?1
