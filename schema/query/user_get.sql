-- user_get (writer, commands)
-- index: primary key
SELECT email, name, password, role, active, preferences FROM user WHERE id = ?1
