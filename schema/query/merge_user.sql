-- merge_user: listed users (writer, merge)
-- index: primary keys
INSERT INTO issue_user (issue_id, user_hash) SELECT ?2, user_hash FROM issue_user WHERE issue_id = ?1
    ON CONFLICT DO NOTHING
