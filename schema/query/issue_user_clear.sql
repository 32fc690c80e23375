-- issue_user_clear: they are in the sketch now (writer)
-- index: primary key
DELETE FROM issue_user WHERE issue_id = ?1
