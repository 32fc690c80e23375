-- comment_issue: the issue that is spoken of, or what it was merged into (writer, commands)
-- index: primary key
SELECT coalesce(merged_into, id) FROM issue WHERE id = ?1
