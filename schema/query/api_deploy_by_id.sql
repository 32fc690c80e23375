-- api_deploy_by_id (worker)
-- :id     index: primary key
SELECT id, environment, name, url, started_ms, finished_ms FROM deploy WHERE id = :id;
