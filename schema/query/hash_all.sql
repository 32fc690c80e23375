-- hash_all: all grouping hashes, for the shared index (writer, at start)
-- scan: it wants them all
SELECT project_id, hash, issue_id FROM hash
