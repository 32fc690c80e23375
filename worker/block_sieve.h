/* block_sieve.h -- which blocks of a packed segment may hold certain words: a slice of each block's filter is
 * read instead of the filters (model/marks.h, table `sieve`).
 * For        walks along blocks (block_store.c). Query thread.
 * Cost       64 bytes a block and word; a segment that has nothing is left after two or three rows. */
#ifndef QUERN_WORKER_BLOCK_SIEVE_H
#define QUERN_WORKER_BLOCK_SIEVE_H

#include "model/span_query.h"
#include "worker/api_call.h"

struct block_sieve {
    int64_t segment; /* whose it is; 0: nobody's */
    bool there;      /* false: that one has no sieve, its marks have filters of their own */
    int64_t first;   /* block; count 0: it has none of that kind */
    uint32_t count;
    uint8_t *fits; /* of each: may it hold what is needed? */
};

void block_sieve_read(struct api_call *c, struct query_segment *g, uint32_t kind,
                      const struct query_need *needs, uint32_t need_count, struct block_sieve *out);

#endif
