-- feedback_find: the user report on an event (writer, commands)
-- index: feedback_by_report
SELECT id FROM feedback WHERE project_id = ?1 AND event_id = ?2 AND uid IS NULL
