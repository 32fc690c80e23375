-- api_mark_times: from when to when a block reaches (worker)
-- :block     index: primary key
SELECT min_ms, max_ms FROM mark WHERE block_id = :block;
