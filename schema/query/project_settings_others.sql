-- project_settings_others: bytes of the settings of all projects but one (writer, commands)
-- scan: PROJECTS_MAX at most, when settings are changed
SELECT coalesce(sum(length(CAST(settings AS BLOB))), 0) FROM project WHERE status = 'active' AND id <> ?1
