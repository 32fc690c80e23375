-- issue_resolve (writer, commands)
-- index: primary key
UPDATE issue
   SET status = 2, substatus = '', substatus_ms = :now, resolved_ms = :now, resolved_by = :actor,
       resolved_in = :release, resolved_next = :next, ignore_details = NULL, ignore_until_ms = NULL,
       ignore_at_events = NULL, ignore_at_users = NULL, ignore_count = NULL, ignore_window_ms = NULL,
       ignore_hour_limit = NULL
 WHERE id = :id
