-- comment_update (writer, commands)
-- index: primary key
UPDATE activity SET data = ?2 WHERE id = ?1
