-- issue_user_list: the listed users, to make a sketch of them (writer)
-- index: primary key
SELECT user_hash FROM issue_user WHERE issue_id = ?1
