-- key_of_project_delete: the keys of a deleted project (writer, commands)
-- index: key_by_project
DELETE FROM key WHERE project_id = ?1
