-- release_unlink (writer, commands)
-- index: primary key
DELETE FROM release_project WHERE release_id = ?1
