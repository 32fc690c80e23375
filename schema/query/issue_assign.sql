-- issue_assign (writer, commands)
-- index: primary key
UPDATE issue SET assignee = ?2 WHERE id = ?1
