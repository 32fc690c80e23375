-- release_link: a release belongs to a project, event or no event (writer, commands)
-- index: primary key
INSERT INTO release_project (release_id, project_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING
