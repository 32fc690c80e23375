/* block.h -- many records packed as one piece, a small directory: the unit of storage.
 * Layout     u32 magic, u16 version, u16 codec, u32 records, u32 raw bytes, u32 CRC-32C of all the
 *            rest, then `records` u32 end offsets into the raw bytes, then the packed bytes. A record in a block is the body that
 *            travelled in the ring, unchanged, so that aggregates can be made again from it.
 * Codec      LZ4 when made, zstd when packed hard.
 * Errors     reading checks the sum and every length; damaged blocks answer false. */
#ifndef QUERN_PROTO_BLOCK_H
#define QUERN_PROTO_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/text.h"

/* A block being filled; reused, so that steady state calls no malloc. */
struct block_packer;
struct block_packer *block_packer_new(void);
void block_packer_free(struct block_packer *p);
/* Add one record; its slot number, or -1 when the block is full (BLOCK_BYTES): finish it first.
 * A single record larger than BLOCK_BYTES makes a block of its own. */
int block_add(struct block_packer *p, struct text record);
uint32_t block_records(const struct block_packer *p);
uint32_t block_raw_bytes(const struct block_packer *p);
/* Pack what is in it; `hard`: for keeping (sealing). The result is valid until the next call. Empties the
 * packer. */
struct text block_finish(struct block_packer *p, bool hard);

/* Unpack: `records` texts into the arena. False: damaged or arena spent. */
struct block_view {
    struct text *records;
    uint32_t count;
};
bool block_read(struct text block, struct arena *a, struct block_view *out);
/* Only record `slot`. */
bool block_read_one(struct text block, uint32_t slot, struct arena *a, struct text *out);

#endif
