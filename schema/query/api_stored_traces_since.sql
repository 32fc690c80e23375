-- api_stored_traces_since: events with a trace, of a segment in use, that came since (worker)
-- :after     index: primary key
SELECT seq, trace_id FROM event WHERE seq > :after AND trace_id IS NOT NULL ORDER BY seq;
