-- relearn_done: the old hashes of an issue need no further look (writer, after an upgrade)
-- index: hash_by_issue
UPDATE hash SET version = ?2 WHERE issue_id = ?1 AND version < ?2
