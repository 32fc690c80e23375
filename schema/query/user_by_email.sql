-- user_by_email (writer, commands)
-- index: UNIQUE (email)
SELECT id FROM user WHERE email = ?1
