#include "writer/tally_row.h"

#include <assert.h>
#include <string.h>

#include "model/sketch.h"

uint64_t tally_key_hash(enum tally_table table, uint32_t id, uint32_t id2, uint64_t texts)
{
    uint64_t h = texts ^ ((uint64_t)id << 32 | id2) * 0x9e3779b97f4a7c15ULL;

    h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9ULL + table;
    return (h ^ h >> 32) * 0x94d049bb133111ebULL;
}

uint64_t tally_text_hash(struct text a, struct text b)
{
    return tally_text_hash_and(a.len ? sketch_hash(a.at, a.len) : 0, b);
}

uint64_t tally_text_hash_and(uint64_t a_hash, struct text b)
{
    return b.len ? a_hash * 31 + sketch_hash(b.at, b.len) : a_hash;
}

struct text tally_row_a(const struct tally_generation *g, const struct tally_row *r)
{
    return (struct text){g->bytes + r->text, r->a_len};
}

struct text tally_row_b(const struct tally_generation *g, const struct tally_row *r)
{
    return (struct text){g->bytes + r->text + r->a_len, r->b_len};
}

static bool row_is(const struct tally_generation *g, const struct tally_row *r,
                   const struct tally_key *k)
{
    return r->hash == k->hash && r->table == k->table && r->id == k->id && r->id2 == k->id2 &&
           r->a_len == k->a.len && r->b_len == k->b.len &&
           (!r->a_len || memcmp(g->bytes + r->text, k->a.at, r->a_len) == 0) &&
           (!r->b_len || memcmp(g->bytes + r->text + r->a_len, k->b.at, r->b_len) == 0);
}

/* The slot of that key, or the empty one where it belongs. */
static uint32_t *row_slot(struct tally_generation *g, const struct tally_key *k)
{
    uint32_t at = (uint32_t)(k->hash >> 32) & (TALLY_ROW_SLOTS - 1);

    while (g->row_slots[at] && !row_is(g, &g->rows[g->row_slots[at] - 1], k))
        at = (at + 1) & (TALLY_ROW_SLOTS - 1);
    return &g->row_slots[at];
}

struct tally_row *tally_row_find(struct tally_generation *g, const struct tally_key *k)
{
    const uint32_t *slot = row_slot(g, k);

    return *slot ? &g->rows[*slot - 1] : NULL;
}

struct tally_row *tally_find(struct tally_generation *g, enum tally_table table, uint32_t id,
                             uint32_t id2, struct text a, struct text b)
{
    struct tally_key k = {table, id, id2, a, b, 0};

    k.hash = tally_key_hash(table, id, id2, tally_text_hash(a, b));
    return tally_row_find(g, &k);
}

void tally_row_see(struct tally_row *r, uint64_t n, int64_t ms)
{
    r->n += n;
    if (ms < r->first_ms)
        r->first_ms = ms;
    if (ms > r->last_ms)
        r->last_ms = ms;
}

static uint32_t keep_texts(struct tally_generation *g, struct text a, struct text b)
{
    char *at = tally_alloc(g, a.len + b.len);

    if (a.len)
        memcpy(at, a.at, a.len);
    if (b.len)
        memcpy(at + a.len, b.at, b.len);
    return (uint32_t)(at - g->bytes);
}

struct tally_row *tally_row_add(struct tally_generation *g, const struct tally_key *k, uint32_t n,
                                int64_t ms, uint32_t text)
{
    uint32_t *slot = row_slot(g, k);
    struct tally_row *r;

    if (*slot) {
        r = &g->rows[*slot - 1];
        tally_row_see(r, n, ms);
        return r;
    }
    assert(g->row_count < TALLY_ROWS);
    r = &g->rows[g->row_count++];
    *slot = g->row_count;
    *r = (struct tally_row){.hash = k->hash,
                            .id = k->id,
                            .id2 = k->id2,
                            .text = text ? text : keep_texts(g, k->a, k->b),
                            .n = n,
                            .a_len = (uint16_t)k->a.len,
                            .b_len = (uint16_t)k->b.len,
                            .table = (uint8_t)k->table,
                            .first_ms = ms,
                            .last_ms = ms};
    return r;
}
