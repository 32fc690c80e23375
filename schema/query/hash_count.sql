-- hash_count: how many hashes an issue has (writer, unmerge)
-- index: hash_by_issue
SELECT count(*) FROM hash WHERE issue_id = ?1
