-- project_tag_listed: the values that a tag key lists (writer, flush)
-- index: primary key
SELECT value FROM project_tag WHERE project_id = ?1 AND key = ?2
