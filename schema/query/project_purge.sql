-- project_purge: issues of deleted projects, a few at a time (writer)
-- index: issue_by_last by its first column; projects are few
SELECT i.id FROM project AS p JOIN issue AS i ON i.project_id = p.id
 WHERE p.status = 'deleted' AND i.merged_into IS NULL AND i.status <> 4 LIMIT 50
