-- api_attachments: attachments of an event in a segment, but for their bytes (worker)
-- :event     index: attachment_by_event
SELECT id, name, content_type, type, size, sha1, created_ms, file, project_id
  FROM attachment WHERE event_id = :event ORDER BY id;
