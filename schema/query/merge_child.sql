-- merge_child: it is part of the other one now, and what was merged into it is too (writer, merge)
-- index: primary key, issue_by_parent
UPDATE issue SET merged_into = ?2, events = 0, users = 0, sketch = NULL, comments = 0, assignee = NULL
 WHERE id = ?1 OR merged_into = ?1
