-- issue_short (writer, notices)
-- index: primary key
SELECT short FROM issue WHERE id = ?1
