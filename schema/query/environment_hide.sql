-- environment_hide (writer, commands)
-- index: primary key
UPDATE environment SET hidden = ?3 WHERE project_id = ?1 AND name = ?2
