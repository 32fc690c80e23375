-- issue_users: users counted so far (writer, flush)
-- index: primary key
SELECT users, sketch FROM issue WHERE id = ?1
