-- api_entries_longest_in: entry rows of a short time in a sealed segment, longest first (worker)
-- :us :id :from :to :flags :operations :limit     index: entry_by_time
SELECT id, duration_us FROM entry INDEXED BY entry_by_time
 WHERE start_ms >= :from AND start_ms < :to AND duration_us <= :us AND (duration_us < :us OR id < :id)
   AND (:flags = 0 OR (flags & :flags) != 0)
   AND (:operations IS NULL OR operation_id IN (SELECT value FROM json_each(:operations)))
 ORDER BY duration_us DESC, id DESC LIMIT :limit;
