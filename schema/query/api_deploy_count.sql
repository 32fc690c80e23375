-- api_deploy_count: how often a release was deployed (worker)
-- :release     index: UNIQUE (release_id, environment)
SELECT total(times) FROM deploy WHERE release_id = :release;
