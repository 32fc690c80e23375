-- api_project_tag_values: values of a tag in a project, most frequent first (worker: completion); a bounded number is sorted
-- :project :key :like :limit :offset     index: project_tag, primary key
SELECT value, events, first_ms, last_ms FROM project_tag
 WHERE project_id = :project AND key = :key AND value LIKE :like ESCAPE '\'
 ORDER BY events DESC, value LIMIT :limit OFFSET :offset;
