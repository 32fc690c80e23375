-- issue_flag_bookmarked (writer, commands)
-- index: primary key
UPDATE issue SET bookmarked = ?2 WHERE id = ?1
