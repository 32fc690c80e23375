#include "worker/block_sieve.h"

#include <string.h>

#include "model/marks.h"
#include "worker/stored.h"

static bool is_there(struct api_call *c, struct query_segment *g)
{
    struct db_stmt *s;

    if (g->sieve == QUERY_SIEVE_UNKNOWN && g->indexed &&
        (s = stored_query(c, g, "api_sieve_is_there"))) {
        g->sieve = stored_row(g, s) ? QUERY_SIEVE_THERE : QUERY_SIEVE_NONE;
        db_reset(s);
    }
    return g->sieve == QUERY_SIEVE_THERE;
}

/* Note which blocks may hold one word. */
static void note_word(struct api_call *c, struct query_segment *g, uint32_t kind, uint64_t word,
                      const struct block_sieve *out, uint8_t *any)
{
    struct db_stmt *s = stored_query(c, g, "api_sieve");
    const uint8_t *bits = NULL;
    size_t len = 0;

    if (!s)
        return;
    db_int(s, "id", (int64_t)kind * MARKS_SLICES + marks_slice_of(word));
    if (stored_row(g, s))
        bits = db_col_blob(s, 0, &len);
    for (uint32_t i = 0; bits && i < out->count && (i + 1) * MARKS_SLICE <= len; i++)
        any[i] |= marks_slice_has(bits + (size_t)i * MARKS_SLICE, word);
    db_reset(s);
}

/* How many blocks there are, and which is the first. */
static void read_extent(struct api_call *c, struct query_segment *g, uint32_t kind,
                        struct block_sieve *out)
{
    struct db_stmt *s = stored_query(c, g, "api_sieve_extent");

    if (!s)
        return;
    db_int(s, "id", (int64_t)kind * MARKS_SLICES);
    if (stored_row(g, s)) {
        out->first = db_col_int(s, 0);
        out->count = (uint32_t)(db_col_int(s, 1) / MARKS_SLICE);
    }
    db_reset(s);
}

void block_sieve_read(struct api_call *c, struct query_segment *g, uint32_t kind,
                      const struct query_need *needs, uint32_t need_count, struct block_sieve *out)
{
    uint8_t *any;

    *out = (struct block_sieve){.segment = g->id, .there = is_there(c, g)};
    if (!out->there)
        return;
    read_extent(c, g, kind, out);
    out->fits = arena_alloc(c->arena, out->count);
    any = arena_alloc(c->arena, out->count);
    if (!out->fits || !any) {
        out->count = 0; /* the arena is spent: the call ends with that */
        return;
    }
    memset(out->fits, 1, out->count);
    for (uint32_t i = 0; i < need_count; i++) {
        if (!needs[i].count)
            continue;
        memset(any, 0, out->count);
        for (uint32_t k = 0; k < needs[i].count; k++)
            note_word(c, g, kind, needs[i].words[k], out, any);
        for (uint32_t b = 0; b < out->count; b++)
            out->fits[b] &= any[b];
    }
}
