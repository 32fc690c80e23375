-- unmerge_move: their rows say the new issue (writer)
-- index: event_by_issue
UPDATE event SET issue_id = ?2
 WHERE issue_id = ?1 AND seq <= ?3 AND hash IN (SELECT value FROM json_each(?4))
