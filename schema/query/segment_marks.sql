-- segment_marks: which traces are in which block (sealing thread)
-- scan: a row per block, read once to build the index that replaces it
SELECT block_id, traces FROM mark ORDER BY block_id
