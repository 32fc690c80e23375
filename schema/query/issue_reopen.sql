-- issue_reopen: an event has reopened it (writer, flush)
-- index: primary key
UPDATE issue
   SET status = 1, substatus = :substatus, substatus_ms = :now, resolved_ms = NULL, resolved_by = NULL,
       resolved_in = NULL, resolved_next = 0, ignore_details = NULL, ignore_until_ms = NULL,
       ignore_at_events = NULL, ignore_at_users = NULL, ignore_count = NULL, ignore_window_ms = NULL,
       ignore_hour_limit = NULL
 WHERE id = :id
