-- issue_resolve_stale (writer, hourly)
-- index: primary key
UPDATE issue SET status = 2, substatus = '', substatus_ms = :now, resolved_ms = :now WHERE id = :id
