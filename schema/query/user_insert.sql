-- user_insert (writer)
-- index: UNIQUE (email)
INSERT INTO user (email, name, password, role, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)
