-- feedback_link (writer)
-- index: primary key
UPDATE feedback SET issue_id = ?2 WHERE id = ?1
