/* block_cache.c -- one place for each block. */
#include "worker/block_cache.h"

#include <stdlib.h>
#include <string.h>

#include "proto/limits.h"

#define SLOT_BYTES (BLOCK_BYTES + 4 * KIB) /* a block, and where its records are */

static struct block_cache_slot *slot_of(struct block_cache *k, const struct query_segment *g,
                                        int64_t block)
{
    return &k->slots[(uint64_t)(g->id * 31 + block) % BLOCK_CACHE_SLOTS];
}

bool block_cache_find(struct block_cache *k, const struct query_segment *g, int64_t block,
                      struct block_view *out)
{
    const struct block_cache_slot *s = slot_of(k, g, block);

    k->used = true;
    if (s->block != block || strcmp(s->file, g->file) != 0)
        return false;
    *out = s->view;
    return true;
}

bool block_cache_read(struct block_cache *k, const struct query_segment *g, int64_t block,
                      struct text packed, struct block_view *out)
{
    struct block_cache_slot *s = slot_of(k, g, block);
    struct arena place;

    if (!k->room && !(k->room = malloc(BLOCK_CACHE_SLOTS * SLOT_BYTES)))
        return false;
    arena_over(&place, k->room + (s - k->slots) * SLOT_BYTES, SLOT_BYTES);
    s->file[0] = '\0';
    if (!block_read(packed, &place, &s->view))
        return false;
    memcpy(s->file, g->file, sizeof s->file);
    s->block = block;
    *out = s->view;
    return true;
}

void block_cache_tend(struct block_cache *k, int64_t now_us)
{
    if (k->used)
        k->used_us = now_us;
    k->used = false;
    if (k->room && now_us - k->used_us > BLOCK_CACHE_IDLE_US)
        block_cache_free(k);
}

void block_cache_free(struct block_cache *k)
{
    free(k->room);
    *k = (struct block_cache){.room = NULL};
}
