-- api_entries_shortest_of: the same, shortest first (worker)
-- :operation :us :id :from :to :limit     index: entry_by_duration
SELECT id, duration_us FROM entry INDEXED BY entry_by_duration
 WHERE operation_id = :operation AND duration_us >= :us AND (duration_us > :us OR id < :id)
   AND start_ms >= :from AND start_ms < :to
 ORDER BY duration_us, id DESC LIMIT :limit;
