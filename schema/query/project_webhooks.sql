-- project_webhooks: where a project wants to be told (writer, notices)
-- index: primary key
SELECT json_extract(settings, '$.webhooks') FROM project WHERE id = ?1
