-- issue_discard: a tombstone; its hashes stay (writer, commands)
-- index: primary key
UPDATE issue SET status = 4, substatus = '', substatus_ms = ?2, assignee = NULL WHERE id = ?1
