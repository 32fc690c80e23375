-- hash_move: all hashes of one issue to another (writer, merge)
-- index: hash_by_issue
UPDATE hash SET issue_id = ?2 WHERE issue_id = ?1
