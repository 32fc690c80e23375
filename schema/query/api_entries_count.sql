-- api_entries_count: entry rows of a sealed segment that began within, counted up to a limit (worker)
-- :from :to :limit     index: entry_by_time
SELECT count(*) FROM (SELECT 1 FROM entry INDEXED BY entry_by_time
                       WHERE start_ms >= :from AND start_ms < :to LIMIT :limit);
