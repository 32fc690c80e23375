-- issue_tag_key: how many values of a key are listed (writer, flush)
-- index: primary key
SELECT listed FROM issue_tag_key WHERE issue_id = ?1 AND key = ?2
