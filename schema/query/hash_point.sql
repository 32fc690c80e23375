-- hash_point: one hash to another issue (writer, unmerge)
-- index: primary key
UPDATE hash SET issue_id = ?3 WHERE project_id = ?1 AND hash = ?2
