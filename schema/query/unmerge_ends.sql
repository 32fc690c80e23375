-- unmerge_ends: first and last event of an issue in a sealed segment (writer)
-- index: event_by_issue, both ends
SELECT (SELECT seq FROM event WHERE issue_id = ?1 ORDER BY seq LIMIT 1),
       (SELECT timestamp_ms FROM event WHERE issue_id = ?1 ORDER BY seq LIMIT 1),
       (SELECT seq FROM event WHERE issue_id = ?1 ORDER BY seq DESC LIMIT 1),
       (SELECT timestamp_ms FROM event WHERE issue_id = ?1 ORDER BY seq DESC LIMIT 1)
