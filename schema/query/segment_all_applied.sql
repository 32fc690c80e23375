-- segment_all_applied: all positions, for the segment that follows (writer, at rollover)
-- scan: applied has at most one row per worker slot
SELECT slot, incarnation, position FROM applied
