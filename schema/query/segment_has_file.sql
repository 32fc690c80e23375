-- segment_has_file: is that file of an attachment of that event? (writer, after the commit)
-- index: attachment_by_event
SELECT 1 FROM attachment WHERE event_id = ?1 AND file = ?2
