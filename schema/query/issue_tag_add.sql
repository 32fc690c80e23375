-- issue_tag_add: events of a tag value that is listed already (writer, flush)
-- index: primary key
UPDATE issue_tag SET events = events + ?4, first_ms = min(first_ms, ?5), last_ms = max(last_ms, ?6)
 WHERE issue_id = ?1 AND key = ?2 AND value = ?3
