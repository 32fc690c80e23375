-- deploy_drop: those of a release that goes (writer, commands)
-- index: UNIQUE (release_id, environment)
DELETE FROM deploy WHERE release_id = ?1
