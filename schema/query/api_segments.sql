-- api_segments: the storage files, newest first (worker, whenever the catalogue changed)
-- index: segment_by_seq
SELECT id, file, state, first_seq, last_seq, day * 86400000 FROM segment ORDER BY first_seq DESC;
