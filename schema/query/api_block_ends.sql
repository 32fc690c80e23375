-- api_block_ends: the first and the last block of a segment (worker)
-- index: primary key
SELECT (SELECT min(id) FROM block), (SELECT max(id) FROM block);
