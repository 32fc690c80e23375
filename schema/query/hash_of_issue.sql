-- hash_of_issue: the hashes of an issue (writer, commands)
-- index: hash_by_issue
SELECT project_id, hash FROM hash WHERE issue_id = ?1
