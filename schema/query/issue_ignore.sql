-- issue_ignore (writer, commands)
-- index: primary key
UPDATE issue
   SET status = 3, substatus = :substatus, substatus_ms = :now, resolved_ms = NULL, resolved_by = NULL,
       resolved_in = NULL, resolved_next = 0, ignore_details = :details, ignore_until_ms = :until,
       ignore_at_events = :events, ignore_at_users = :users, ignore_count = :count,
       ignore_window_ms = :window, ignore_hour_limit = :hour
 WHERE id = :id
