-- api_issue_by_id: one issue (worker)
-- :id     index: primary key
SELECT id, project_id, short, status, substatus, level, type, platform, logger, title, culprit, metadata,
       first_ms, last_ms, events, users, unhandled, first_seq, last_seq, first_release, last_release,
       priority, assignee, resolved_ms, resolved_by, resolved_in, resolved_next, ignore_details,
       bookmarked, has_seen, merged_into, comments
  FROM issue WHERE id = :id;
