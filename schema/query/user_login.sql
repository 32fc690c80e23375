-- user_login (writer, commands)
-- index: primary key
UPDATE user SET last_login_ms = ?2 WHERE id = ?1 AND (last_login_ms IS NULL OR last_login_ms <= ?3)
