-- api_marks_traces: which traces are in which block, of a segment that has no index of them yet (worker)
-- :after     index: primary key
SELECT block_id, kind, traces FROM mark WHERE block_id > :after ORDER BY block_id;
