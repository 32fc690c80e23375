/* block_cache.h -- blocks that were unpacked, kept for those who come next: most searches begin with the
 * newest blocks, and a search reads the traces that it found out of blocks it has just been through.
 * Way        one place for each block (its number, modulo), so a long walk does not push out everything
 *            before it comes round, as it would where the oldest goes. Blocks never change once they are
 *            written, and a file that was packed anew has another name.
 * Memory     BLOCK_CACHE_SLOTS blocks at most, 9 MiB in one piece, which goes back to the system when nobody
 *            has searched for BLOCK_CACHE_IDLE_US. A giant, which does not fit a place, is not kept.
 * Threads    the query thread. */
#ifndef QUERN_WORKER_BLOCK_CACHE_H
#define QUERN_WORKER_BLOCK_CACHE_H

#include "proto/block.h"
#include "worker/query.h"

/* One search in Jaeger's words takes 64 blocks apart, one in log records 96; what different ones go through
 * is mostly the same. A prime: blocks of one kind often have every second number, or every third. */
#define BLOCK_CACHE_SLOTS 67
#define BLOCK_CACHE_IDLE_US 10000000

struct block_cache {
    char *room; /* of all places; NULL: nothing is kept */
    bool used;  /* since it was tended to */
    int64_t used_us;
    struct block_cache_slot {
        char file[sizeof((struct query_segment *)NULL)->file]; /* "": free */
        int64_t block;
        struct block_view view;
    } slots[BLOCK_CACHE_SLOTS];
};

/* That block, if it is there: until the next call for another. */
bool block_cache_find(struct block_cache *k, const struct query_segment *g, int64_t block,
                      struct block_view *out);
/* Unpack it into its place. False: damaged, or it does not fit. */
bool block_cache_read(struct block_cache *k, const struct query_segment *g, int64_t block,
                      struct text packed, struct block_view *out);
/* Every second or so: gives the memory back when it was idle for long. */
void block_cache_tend(struct block_cache *k, int64_t now_us);
void block_cache_free(struct block_cache *k);

#endif
