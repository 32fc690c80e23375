-- user_active (writer, commands)
-- index: primary key
SELECT 1 FROM user WHERE id = ?1 AND active
