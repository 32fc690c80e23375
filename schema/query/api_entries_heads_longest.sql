-- api_entries_heads_longest: how long the next row of each of some operations is at most, longest first (worker)
-- :operations :us     index: entry_by_duration (sealed segments only)
SELECT value, us FROM (
    SELECT value, (SELECT duration_us FROM entry INDEXED BY entry_by_duration
                    WHERE operation_id = value AND duration_us <= :us
                    ORDER BY duration_us DESC LIMIT 1) AS us
      FROM json_each(:operations))
 WHERE us IS NOT NULL;
