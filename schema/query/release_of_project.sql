-- release_of_project: a version that a project has had (writer, commands)
-- index: UNIQUE (org_id, version); release_project primary key
SELECT r.id FROM release AS r JOIN release_project AS p ON p.release_id = r.id AND p.project_id = ?1
 WHERE r.org_id = ?2 AND r.version = ?3
