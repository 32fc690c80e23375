-- api_marks_down: what blocks of spans and log records speak of, newest first (worker)
-- :before :words     index: primary key
SELECT block_id, kind, min_ms, max_ms, CASE WHEN :words THEN words END FROM mark
 WHERE block_id < :before ORDER BY block_id DESC;
