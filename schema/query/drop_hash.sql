-- drop_hash: of an issue that is deleted, or was merged into another (writer, commands)
-- index: hash_by_issue
DELETE FROM hash WHERE issue_id = ?1
