-- issue_users_set (writer, flush)
-- index: primary key
UPDATE issue SET users = ?2, sketch = ?3 WHERE id = ?1
