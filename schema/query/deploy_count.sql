-- deploy_count: to how many environments a release went (writer, commands)
-- index: UNIQUE (release_id, environment)
SELECT count(*) FROM deploy WHERE release_id = ?1
