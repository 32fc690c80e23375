-- release_delete (writer, commands)
-- index: primary key
DELETE FROM release WHERE id = ?1
