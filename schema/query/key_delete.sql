-- key_delete (writer, commands)
-- index: primary key
DELETE FROM key WHERE public_key = ?1
