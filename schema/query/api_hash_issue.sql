-- api_hash_issue: the issue of a fingerprint (worker)
-- :project :hash     index: hash, primary key
SELECT issue_id FROM hash WHERE project_id = :project AND hash = :hash;
