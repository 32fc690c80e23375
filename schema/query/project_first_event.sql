-- project_first_event (writer, flush)
-- index: primary key
UPDATE project SET first_event_ms = ?2 WHERE id = ?1 AND first_event_ms IS NULL
