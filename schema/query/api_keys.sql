-- api_keys: client keys of a project (worker)
-- :project :active (NULL: any) :limit :offset     index: key_by_project
SELECT public_key, secret_key, label, active, rate_count, rate_window_s, created_ms FROM key
 WHERE project_id = :project AND (:active IS NULL OR active = :active)
 ORDER BY created_ms, public_key LIMIT :limit OFFSET :offset;
