-- user_update (writer, commands)
-- index: primary key
UPDATE user SET name = ?2, password = ?3, role = ?4, active = ?5, preferences = ?6 WHERE id = ?1
