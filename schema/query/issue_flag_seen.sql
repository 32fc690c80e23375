-- issue_flag_seen (writer, commands)
-- index: primary key
UPDATE issue SET has_seen = ?2 WHERE id = ?1
