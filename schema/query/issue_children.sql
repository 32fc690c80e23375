-- issue_children: what was merged into it (writer, commands)
-- index: issue_by_parent
SELECT id FROM issue WHERE merged_into = ?1
