-- comment_own: the issue of a comment; ?2 0: whoever's it is (writer, commands)
-- index: primary key
SELECT issue_id FROM activity WHERE id = ?1 AND type = 'note' AND (?2 = 0 OR user_id = ?2)
