-- user_find (writer, commands)
-- index: primary key
SELECT id, name, email, role, active FROM user WHERE id = ?1
