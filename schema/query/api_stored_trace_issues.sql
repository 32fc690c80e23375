-- api_stored_trace_issues: issues with events of a trace (worker)
-- :trace     index: event_by_trace; unsealed: scan, at most SEGMENT_ROWS_MAX rows
SELECT DISTINCT issue_id FROM event WHERE trace_id = :trace;
