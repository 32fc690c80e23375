-- project_update (writer, commands)
-- index: primary key
UPDATE project SET slug = ?2, name = ?3, platform = ?4, settings = ?5 WHERE id = ?1
