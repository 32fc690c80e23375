/* trace_search_largest.c -- the traces with the most spans, among the newest ones: blocks tell how many
 * spans of which trace they hold without being taken apart. */
#include <stdlib.h>
#include <string.h>

#include "worker/trace_search.h"

#define TRACES_COUNTED (1u << 16)

struct counted {
    struct trace_candidate trace;
    uint32_t spans;
};

struct counting {
    struct counted *list;
    uint32_t *slots, count; /* place + 1, by id */
};

static void count_one(struct counting *k, const struct span_group *g)
{
    uint64_t half;
    uint32_t at;

    memcpy(&half, g->trace_id + 8, 8);
    at = (uint32_t)(half * 0x9e3779b97f4a7c15 >> 32) & (2 * TRACES_COUNTED - 1);
    while (k->slots[at] && memcmp(k->list[k->slots[at] - 1].trace.id, g->trace_id, 16) != 0)
        at = (at + 1) & (2 * TRACES_COUNTED - 1);
    if (!k->slots[at]) {
        if (k->count == TRACES_COUNTED)
            return;
        memcpy(k->list[k->count].trace.id, g->trace_id, 16);
        k->list[k->count].spans = 0;
        k->slots[at] = ++k->count;
    }
    k->list[k->slots[at] - 1].spans += g->spans;
}

static void count_record(struct trace_hunt *h, struct counting *k, struct text record)
{
    struct span_head head;
    struct span_group g;
    uint8_t id[16];
    size_t at = 0;

    if (!span_bundle_head(record, &head) || !api_project_by_id(h->c, head.project))
        return;
    g.trace_id = id;
    while (span_bundle_trace(record, &at, id, &g.spans))
        count_one(k, &g);
}

static int by_spans(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;

    if (x->spans != y->spans)
        return x->spans > y->spans ? -1 : 1;
    return memcmp(x->trace.id, y->trace.id, 16);
}

static bool count_all(struct trace_hunt *h, struct counting *k)
{
    struct block_wish wish = {
        .kind = RECORD_SPANS, .from_ms = h->s->range.from_ms, .to_ms = h->s->range.to_ms};
    struct block_walk walk;
    struct block_view view;
    struct block_ref ref;

    k->list = arena_alloc(h->c->arena, TRACES_COUNTED * sizeof *k->list);
    k->slots = arena_zero(h->c->arena, 2 * TRACES_COUNTED, sizeof *k->slots);
    if (!k->list || !k->slots)
        return false;
    block_walk_begin(&walk, h->c, &wish);
    walk.blocks = TRACE_SCAN_BLOCKS;
    walk.bytes = TRACE_COUNT_BYTES;
    while (block_walk_next(&walk, &ref, &view))
        for (uint32_t i = 0; i < view.count; i++)
            count_record(h, k, view.records[i]);
    if (k->count)
        qsort(k->list, k->count, sizeof *k->list, by_spans);
    return true;
}

/* Cursor: the offset, in the list as it is now. */
bool hunt_largest(struct trace_hunt *h)
{
    struct trace_search *s = h->s;
    struct counting k = {.count = 0};
    uint32_t i = (uint32_t)s->from.offset;

    if (!count_all(h, &k))
        return false;
    while (i < k.count && s->count < s->limit && h->loads) {
        struct trace_candidate list[TRACE_BATCH];
        uint32_t n = 0;

        while (n < TRACE_BATCH && n < h->loads && i + n < k.count) {
            list[n] = k.list[i + n].trace;
            n++;
        }
        if (!hunt_read(h, list, n))
            return false;
        for (uint32_t at = 0; at < n && s->count < s->limit && !hunt_unread(h, at); at++, i++) {
            struct trace_found f;

            if (hunt_fits(h, at, &f))
                s->found[s->count++] = f;
        }
        if (arena_spent(h->c->arena))
            return false;
    }
    s->more = i < k.count;
    s->next = (struct api_page_key){0, i};
    return !h->c->refused;
}
