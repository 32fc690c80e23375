-- deploy_put: a release goes to an environment, perhaps again (writer, commands)
-- index: UNIQUE (release_id, environment)
INSERT INTO deploy (release_id, environment, name, url, started_ms, finished_ms)
VALUES (:release, :environment, :name, :url, :started, :finished)
ON CONFLICT (release_id, environment) DO UPDATE SET name = excluded.name, url = excluded.url,
    started_ms = excluded.started_ms, finished_ms = excluded.finished_ms, times = times + 1
