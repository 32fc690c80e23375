-- user_named: by e-mail or name (writer, commands)
-- index: UNIQUE (email), else a walk over the users, who are few
SELECT id FROM user WHERE active AND (email = ?1 OR name = ?1) ORDER BY email = ?1 DESC LIMIT 1
