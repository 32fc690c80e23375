-- release_project_new: an issue was first seen in this release (writer, flush)
-- index: primary key
UPDATE release_project SET new_issues = new_issues + 1 WHERE release_id = ?1 AND project_id = ?2
