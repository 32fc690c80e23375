/* seal_sieve.h -- the filters of a kind of blocks, cut into slices and laid beside one another: table `sieve`
 * of a packed segment. Whoever looks for a word reads one slice for all blocks, instead of all filters.
 * For        seal_pack.c.
 * Memory     4 KiB a block, until sieve_put. */
#ifndef QUERN_WRITER_SEAL_SIEVE_H
#define QUERN_WRITER_SEAL_SIEVE_H

#include "proto/text.h"
#include "schema/segment.h"

struct sieve {
    uint8_t *filters;
    uint32_t count, room;
    uint64_t first; /* block */
};

/* The filter of the next block; the numbers of a kind follow one another. False: no memory. */
bool sieve_add(struct sieve *s, uint64_t block, struct text words);
/* Store and empty it. DB_* code. */
int sieve_put(struct sieve *s, struct segment *to, uint32_t kind);
void sieve_free(struct sieve *s);

#endif
