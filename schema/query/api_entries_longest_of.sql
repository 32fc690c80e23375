-- api_entries_longest_of: entry rows of one operation of a sealed segment, longest first (worker)
-- :operation :us :id :from :to :limit     index: entry_by_duration
SELECT id, duration_us FROM entry INDEXED BY entry_by_duration
 WHERE operation_id = :operation AND duration_us <= :us AND (duration_us < :us OR id < :id)
   AND start_ms >= :from AND start_ms < :to
 ORDER BY duration_us DESC, id DESC LIMIT :limit;
