/* trail.h -- what of which trace lies where in the segment that is being written: the index it gets only
 * when it is sealed, kept by each query thread for itself and brought up to date with each use.
 * For        finding the spans, log records and errors of a trace while they are fresh.
 * Cost       8 to 16 bytes an entry, TRAIL_MAX entries; what came after that is looked for by walking. For
 *            lists by duration 24 bytes an entry row, of which a segment has ENTRIES_MAX.
 * Threads    the query thread. */
#ifndef QUERN_WORKER_TRAIL_H
#define QUERN_WORKER_TRAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/text.h"

#define TRAIL_MAX (1u << 19)

/* hash → numbers; several to a hash. */
struct trail_table {
    struct trail_entry {
        uint32_t hash, number; /* number 0: free */
    } * slots;
    uint32_t count, room;
};

/* An entry row, as far as its order by duration needs it. */
struct trail_row {
    uint64_t us;
    int32_t start_s; /* since 1970 */
    uint32_t operation;
    uint8_t flags; /* ENTRY_*; */
    bool there;    /* false: a number that no row has */
};

struct trail {
    int64_t segment;                        /* 0: none */
    int64_t block;                          /* marks up to this one are in it */
    uint64_t first_seq, seq;                /* events up to this one are in it */
    struct trail_table spans, logs, events; /* blocks; events' sequence - first_seq + 1 */
    struct trail_row *rows; /* by number, from 1; made by the first list that is by duration */
    uint32_t row_count, row_room;
};

/* False: full, or no memory. */
bool trail_add(struct trail_table *t, uint32_t hash, uint32_t number);
/* The next number of that hash; *at starts at 0. 0: no more. */
uint32_t trail_next(const struct trail_table *t, uint32_t hash, uint32_t *at);
/* The row of that number, which is above all before; false: no memory. */
bool trail_add_row(struct trail *t, uint32_t number, const struct trail_row *row);
/* Another segment is the one. */
void trail_begin(struct trail *t, int64_t segment, uint64_t first_seq);
void trail_free(struct trail *t);

#endif
