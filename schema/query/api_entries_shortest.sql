-- api_entries_shortest: the same, shortest first (worker)
-- :us :id :from :to :flags :operations :limit     index: entry_by_length
-- (+start_ms: not entry_by_time)     unsealed: scan, at most ENTRIES_MAX rows
SELECT id, duration_us FROM entry
 WHERE duration_us >= :us AND (duration_us > :us OR id < :id)
   AND +start_ms >= :from AND +start_ms < :to AND (:flags = 0 OR (flags & :flags) != 0)
   AND (:operations IS NULL OR operation_id IN (SELECT value FROM json_each(:operations)))
 ORDER BY duration_us, id DESC LIMIT :limit;
