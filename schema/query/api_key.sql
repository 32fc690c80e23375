-- api_key: one client key of a project (worker)
-- :project :key     index: primary key
SELECT public_key, secret_key, label, active, rate_count, rate_window_s, created_ms FROM key
 WHERE public_key = :key AND project_id = :project;
