-- release_change (writer, commands)
-- index: primary key
UPDATE release SET released_ms = :released, started_ms = :started, ref = :ref, url = :url, status = :status
 WHERE id = :id
