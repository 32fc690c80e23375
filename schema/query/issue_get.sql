-- issue_get: an issue, or the one it was merged into (writer, commands)
-- index: primary key
SELECT p.id, p.project_id, p.status, p.type, p.events, p.users, p.short, p.merged_into, p.assignee,
       p.priority, p.level
  FROM issue AS i JOIN issue AS p ON p.id = coalesce(i.merged_into, i.id)
 WHERE i.id = ?1 AND p.status <> 4
