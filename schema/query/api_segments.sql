-- api_segments: the storage files, newest first (worker, whenever the catalogue changed)
-- index: segment_by_seq. Two begin at the same sequence when one of them holds no event.
SELECT id, file, state, first_seq, last_seq, day * 86400000, last_ms FROM segment
 ORDER BY first_seq DESC, id DESC;
