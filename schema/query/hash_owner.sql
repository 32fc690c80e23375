-- hash_owner: whose is it? (writer, commands)
-- index: primary key
SELECT issue_id FROM hash WHERE project_id = ?1 AND hash = ?2
