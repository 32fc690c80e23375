-- user_list: a page of it, for tools (writer, commands)
-- index: primary key
SELECT id, email, name, role, active FROM user ORDER BY id LIMIT 100 OFFSET ?1
