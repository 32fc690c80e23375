-- comment_delete (writer, commands)
-- index: primary key
DELETE FROM activity WHERE id = ?1
