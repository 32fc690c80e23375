/* trace_entries.h -- entry rows of a segment in order of duration, from a place on.
 * For        traces by how long they took (trace_search_length.c). Query thread.
 * Way        by index in sealed segments; in the one in use by looking through the rows that the trail
 *            keeps (trail.h), in one that waits for its index by looking through them all. */
#ifndef QUERN_WORKER_TRACE_ENTRIES_H
#define QUERN_WORKER_TRACE_ENTRIES_H

#include "worker/api_call.h"
#include "worker/api_page.h"

#define ENTRIES_FETCHED 64 /* rows at a time, at most: the first time few, then more and more */
#define ENTRIES_FIRST 4

struct trace_entry {
    int64_t id, us;
};

struct trace_entries {
    struct query_segment *segment;
    int64_t from_ms, to_ms; /* started within */
    bool longest;           /* first; else the shortest */
    bool few;               /* that are within: looked through (trace_entries_few) */
    bool of_operation;      /* these operations only, else roots and pieces only: */
    int64_t operation;      /* one of a sealed segment; 0: */
    int64_t *operations;    /* these, */
    uint32_t operation_count;
    struct text json; /* and the same once more */
    int64_t us, id;   /* behind these */
    struct trace_entry *rows;
    uint32_t count, room, at, fetches;
    bool ended;
    bool bounded;             /* nothing was fetched yet, but no row can come before … */
    struct trace_entry bound; /* … one like this */
};

/* Are there so few rows of that time in a sealed segment that putting them in order is quicker than
 * going along an index in which most are of other times? */
bool trace_entries_few(struct api_call *c, struct query_segment *g, int64_t from_ms, int64_t to_ms);
/* One stream for each of e->operations that has rows behind its place in a sealed segment, bounded: handed
 * to `each`. */
void trace_entries_apart(struct api_call *c, const struct trace_entries *e,
                         void (*each)(void *own, const struct trace_entries *one), void *own);
/* The row that is next, or a bound of it; NULL: no more. Go on with ->at++. */
const struct trace_entry *trace_entries_peek(struct api_call *c, struct trace_entries *e);
/* The row that is next; NULL: no more. */
const struct trace_entry *trace_entries_head(struct api_call *c, struct trace_entries *e);
/* Whose that row is, which stands apart from the index: asked only of rows that come first of all. False:
 * it cannot be read any more. */
bool trace_entries_trace(struct api_call *c, const struct trace_entries *e, uint8_t out[16]);

#endif
