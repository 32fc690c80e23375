-- segment-002-spans: what a day file holds of spans and log records besides their blocks. Append only
-- while the file is active, as in segment-001.
CREATE TABLE operation (                               -- what entry rows speak of; this file's own numbers
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL,
    service TEXT NOT NULL, name TEXT NOT NULL,
    kind INTEGER NOT NULL                              -- enum span_kind
);
CREATE TABLE entry (                                   -- a span that starts a unit of work in its service
    id INTEGER PRIMARY KEY, operation_id INTEGER NOT NULL,
    start_ms INTEGER NOT NULL, duration_us INTEGER NOT NULL,
    flags INTEGER NOT NULL,                            -- ENTRY_*, schema/segment.h
    trace_id BLOB NOT NULL
);
CREATE TABLE mark (                                    -- what a block of spans or logs speaks of
    block_id INTEGER PRIMARY KEY, kind INTEGER NOT NULL,
    min_ms INTEGER NOT NULL, max_ms INTEGER NOT NULL,  -- as in `block`, but read without touching it
    traces BLOB NOT NULL,                              -- 32-bit hashes of trace ids, ascending
    words BLOB NOT NULL                                -- filter over "key=value" and the like: model/marks.h
);
