-- api_block_last: the newest block of a segment (worker: where a live tail begins)
-- index: primary key
SELECT COALESCE(max(id), 0) FROM block;
