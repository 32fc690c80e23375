-- feedback_unlinked: reports that came before their event (writer, now and then)
-- index: feedback_unlinked
SELECT id, project_id, event_id FROM feedback
 WHERE issue_id IS NULL AND event_id IS NOT NULL AND created_ms > :since LIMIT 50
