-- deploy_find: the deploy to an environment (writer, commands)
-- index: UNIQUE (release_id, environment)
SELECT id FROM deploy WHERE release_id = ?1 AND environment = ?2
