/* block_store.h -- blocks of spans and of log records where they are stored: one after the other, or
 * those that speak of a trace.
 * For        trace pages, trace search, lists of log records. Query thread.
 * Way        the marks of a block (model/marks.h) tell whether it can hold what is wanted, so most blocks
 *            are passed over without being read. Which block holds a trace is an index of sealed
 *            segments; of the one in use it is kept in memory (trail.h).
 * Order      blocks are numbered as they were written, so "newest first" is by receipt; inside of a
 *            block look at the times.
 * Budget     a walk looks at so many marks and unpacks so many blocks, then it stops and says where.
 * Errors     what a damaged or missing segment holds is not there; the log has a line. */
#ifndef QUERN_WORKER_BLOCK_STORE_H
#define QUERN_WORKER_BLOCK_STORE_H

#include "model/span_query.h"
#include "proto/block.h"
#include "proto/record.h"
#include "worker/api_call.h"
#include "worker/block_sieve.h"

/* A place to go on from: survives the request, as two numbers of a cursor. All zero: none. */
struct block_at {
    int64_t segment, block;
};

struct block_ref {
    struct query_segment *segment;
    int64_t block;
    uint32_t kind; /* enum record_kind */
};

/* Ranges are about the times that were sent; how far a clock may run ahead of ours for its items to be
 * found in the segments of that time. */
#define BLOCK_SKEW_MS 600000

struct block_wish {
    uint32_t kind;                  /* RECORD_SPANS or RECORD_LOGS */
    int64_t from_ms, to_ms;         /* [from, to) overlaps the block; to_ms 0: for ever */
    const struct query_need *needs; /* words; see query_needs() */
    uint32_t need_count;
    bool ascending;       /* oldest first */
    struct block_at from; /* blocks from here on, this one included; none: from the end */
    struct block_at stop; /* nothing from here on, this one excluded; none: to the other end */
};

struct block_walk {
    struct api_call *call;
    struct block_wish wish;
    uint32_t marks, blocks; /* that may still be looked at, unpacked */
    uint64_t bytes;         /* that blocks may still hold; without bound, unless it is set */
    bool spent;             /* it ended for that reason; `here` is where to go on */
    struct block_at here;   /* the block handed out last, or the one not looked at any more */
    uint32_t at;            /* place in the list of segments */
    bool begun;
    struct block_sieve sieve; /* of the segment that it is in */
};

void block_walk_begin(struct block_walk *w, struct api_call *c, const struct block_wish *wish);
/* The next block that may hold something, unpacked: valid until the next one, or until anything else
 * uses the scratch arena. False: no more, or the budget is spent. */
bool block_walk_next(struct block_walk *w, struct block_ref *out, struct block_view *records);

/* The same place now. When its segment was packed since, blocks have other numbers, and it is the segment's
 * first block, or its last. A walk's `from` and `stop` are renewed by block_walk_begin: all of such a segment
 * is ahead of it, or nothing is. */
struct block_at block_renewed(struct api_call *c, struct block_at at, bool first);
/* Is `a` older than `b`? By place, as a walk would meet them. */
bool block_older(struct api_call *c, struct block_at a, struct block_at b);
static inline struct block_at block_at_of(const struct block_ref *r)
{
    return (struct block_at){r->segment->id, r->block};
}

/* The blocks of that kind that speak of one of these traces (or of one with the same hash), each once,
 * oldest first; at most BLOCK_PLACES_MAX, the newest. NULL: arena spent. */
struct block_sought {
    const uint8_t *id;
    int64_t since_ms; /* segments that ended before are not looked into; 0: all are */
};
struct block_ref *block_of_traces(struct api_call *c, uint32_t kind,
                                  const struct block_sought *sought, uint32_t sought_count,
                                  uint32_t *count);
/* One of them, unpacked: valid until the next one, or until anything else uses the scratch arena. False:
 * damaged or gone. */
bool block_load(struct api_call *c, const struct block_ref *r, struct block_view *records);

#endif
