-- segment_put_attachment: one attachment, unless the same one is there (writer, each commit)
-- index: attachment_by_event
INSERT INTO attachment (project_id, event_id, name, content_type, type, size, created_ms, file, data)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
 WHERE NOT EXISTS (SELECT 1 FROM attachment
                    WHERE event_id = ?2 AND project_id = ?1 AND name = ?3 AND size = ?6 AND type = ?5)
