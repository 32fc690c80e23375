-- segment-003-sieve: the filters of a packed segment's blocks, slice by slice (model/marks.h). Other segments do
-- not have it, nor do those that were packed before it came.
CREATE TABLE sieve (
    id INTEGER PRIMARY KEY,                            -- kind * 64 + slice
    first_block INTEGER NOT NULL,                      -- blocks of a kind stand together
    bits BLOB NOT NULL                                 -- 64 bytes of each
);
