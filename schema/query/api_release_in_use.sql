-- api_release_in_use: was an issue first seen in this release? (worker)
-- :release     index: issue_by_first_release
SELECT 1 FROM issue WHERE first_release = :release LIMIT 1;
