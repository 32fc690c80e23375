-- api_trace_blocks: blocks that speak of a trace (worker)
-- :hash     index: primary key of trace, of mark (sealed segments only)
SELECT t.block_id, m.kind FROM trace t JOIN mark m ON m.block_id = t.block_id WHERE t.hash = :hash;
