-- unmerge_events: events of an issue with one of these hashes, in a sealed segment (writer)
-- index: event_by_issue
SELECT seq, block_id, slot, timestamp_ms FROM event
 WHERE issue_id = ?1 AND seq > ?2 AND seq <= ?3 AND hash IN (SELECT value FROM json_each(?4))
 ORDER BY seq LIMIT ?5
