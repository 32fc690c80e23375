-- api_issue_hashes: fingerprints of an issue (worker)
-- :issue :limit :offset     index: hash_by_issue
SELECT hash, reason, created_ms FROM hash WHERE issue_id = :issue ORDER BY hash LIMIT :limit OFFSET :offset;
