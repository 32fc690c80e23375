-- issue_tag_listed: the values that a tag key lists (writer, flush)
-- index: primary key
SELECT value FROM issue_tag WHERE issue_id = ?1 AND key = ?2
