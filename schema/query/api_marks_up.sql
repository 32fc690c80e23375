-- api_marks_up: the same, oldest first (worker)
-- :after :words     index: primary key
SELECT block_id, kind, min_ms, max_ms, CASE WHEN :words THEN words END FROM mark
 WHERE block_id > :after ORDER BY block_id;
