-- relearn_hashes: hashes of an issue of an older version of grouping (writer, after an upgrade)
-- index: hash_by_issue
SELECT hash FROM hash WHERE issue_id = ?1 AND version < ?2
