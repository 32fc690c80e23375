-- comment_count (writer, commands)
-- index: primary key
UPDATE issue SET comments = max(0, comments + ?2) WHERE id = ?1
