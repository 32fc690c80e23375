-- api_attachment: one attachment (worker)
-- :id     index: primary key
SELECT id, name, content_type, type, size, sha1, created_ms, file, project_id, data, event_id
  FROM attachment WHERE id = :id;
