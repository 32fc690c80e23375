-- merge_user_count (writer, merge)
-- index: primary key
SELECT count(*) FROM issue_user WHERE issue_id = ?1
