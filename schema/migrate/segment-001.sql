-- segment-001: one day file. While active it is append only: no index but the primary keys, whose
-- values ever grow. seal.sql builds the rest in bulk.
CREATE TABLE block (
    id INTEGER PRIMARY KEY, kind INTEGER NOT NULL,     -- enum record_kind
    records INTEGER NOT NULL, raw_bytes INTEGER NOT NULL,
    min_ms INTEGER NOT NULL, max_ms INTEGER NOT NULL,
    data BLOB NOT NULL                                 -- proto/block.h
);
CREATE TABLE event (
    seq INTEGER PRIMARY KEY,                           -- global, ever growing, over all segments
    id BLOB NOT NULL, project_id INTEGER NOT NULL,
    issue_id INTEGER NOT NULL,                         -- as it was decided; issue.merged_into leads on
    hash INTEGER NOT NULL,                             -- first 8 bytes of its first grouping hash
    prev_seq INTEGER NOT NULL,                         -- the issue's event before this one; 0: none
    timestamp_ms INTEGER NOT NULL, block_id INTEGER NOT NULL, slot INTEGER NOT NULL,
    trace_id BLOB                                      -- NULL: none
);
CREATE TABLE attachment (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, event_id BLOB NOT NULL,
    name TEXT NOT NULL, content_type TEXT NOT NULL, type TEXT NOT NULL, size INTEGER NOT NULL,
    sha1 BLOB,                                         -- NULL: not computed
    created_ms INTEGER NOT NULL,
    file TEXT, data BLOB                               -- one of them: DATA/attachments/FILE, or inline
);
CREATE INDEX attachment_by_event ON attachment (event_id);
-- ring positions that the rows of this file contain, stored in the same transaction
CREATE TABLE applied (slot INTEGER PRIMARY KEY, incarnation INTEGER NOT NULL, position INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
