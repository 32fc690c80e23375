-- release_used: was an issue first seen in it? (writer, commands)
-- index: issue_by_first_release
SELECT 1 FROM issue WHERE first_release = ?1 LIMIT 1
