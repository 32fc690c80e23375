/* trace_search_largest.c -- the traces with the most spans, among the newest ones: blocks tell how many
 * spans of which trace they hold without being taken apart. Of a service or an operation: among the newest
 * blocks that have something of it, whose records that name it are taken apart. */
#include <stdlib.h>
#include <string.h>

#include "worker/trace_search.h"

#define TRACES_COUNTED (1u << 16)

struct counted {
    struct trace_candidate trace;
    uint32_t spans;
    bool may; /* a span of it fits the conditions, if there are any */
};

struct counting {
    struct counted *list;
    uint32_t *slots, count; /* place + 1, by id */
    size_t bytes;           /* of records, that may still be taken apart */
    struct query_hold holds[QUERY_HOLDS];
    uint32_t hold_count;
    int64_t since_ms; /* of the block's traces */
};

/* NULL: too many. */
static struct counted *place_of(struct counting *k, const uint8_t *id)
{
    uint64_t half;
    uint32_t at;

    memcpy(&half, id + 8, 8);
    at = (uint32_t)(half * 0x9e3779b97f4a7c15 >> 32) & (2 * TRACES_COUNTED - 1);
    while (k->slots[at] && memcmp(k->list[k->slots[at] - 1].trace.id, id, 16) != 0)
        at = (at + 1) & (2 * TRACES_COUNTED - 1);
    if (!k->slots[at]) {
        if (k->count == TRACES_COUNTED)
            return NULL;
        k->list[k->count] = (struct counted){.spans = 0};
        memcpy(k->list[k->count].trace.id, id, 16);
        k->slots[at] = ++k->count;
    }
    k->list[k->slots[at] - 1].trace.since_ms = k->since_ms; /* blocks come newest first */
    return &k->list[k->slots[at] - 1];
}

/* Which of its traces fit? */
static void note_fitting(struct trace_hunt *h, struct counting *k, struct text record)
{
    const struct api_project *p;
    struct span_bundle b;

    if (k->bytes < record.len || !query_may_hold(k->holds, k->hold_count, record) ||
        !span_bundle_open(record, query_scratch(h->c->q), &b) ||
        !(p = api_project_by_id(h->c, b.head.project)))
        return;
    k->bytes -= record.len;
    for (uint32_t i = 0; i < b.head.traces; i++) {
        struct counted *one =
            hunt_group_may(h, &b, &b.groups[i], p->slug) ? place_of(k, b.groups[i].trace_id) : NULL;

        if (one)
            one->may = true;
    }
}

static void count_record(struct trace_hunt *h, struct counting *k, struct text record)
{
    struct span_head head;
    struct counted *one;
    uint32_t spans;
    uint8_t id[16];
    size_t at = 0;

    if (!span_bundle_head(record, &head) || !api_project_by_id(h->c, head.project))
        return;
    while (span_bundle_trace(record, &at, id, &spans)) {
        if (!(one = place_of(k, id)))
            continue;
        one->spans += spans;
        one->may |= !h->s->query;
    }
    if (h->s->query)
        note_fitting(h, k, record);
}

static int by_spans(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;

    if (x->spans != y->spans)
        return x->spans > y->spans ? -1 : 1;
    return memcmp(x->trace.id, y->trace.id, 16);
}

static void sort(struct counting *k)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < k->count; i++)
        if (k->list[i].may)
            k->list[kept++] = k->list[i];
    k->count = kept;
    if (kept)
        qsort(k->list, kept, sizeof *k->list, by_spans);
}

static bool count_all(struct trace_hunt *h, struct counting *k)
{
    struct query_need needs[QUERY_NEEDS];
    struct block_wish wish = {.kind = RECORD_SPANS,
                              .from_ms = h->s->range.from_ms,
                              .to_ms = h->s->range.to_ms,
                              .needs = needs,
                              .need_count = hunt_needs(h->s, needs)};
    struct block_walk walk;
    struct block_view view;
    struct block_ref ref;

    k->list = arena_alloc(h->c->arena, TRACES_COUNTED * sizeof *k->list);
    k->slots = arena_zero(h->c->arena, 2 * TRACES_COUNTED, sizeof *k->slots);
    if (!k->list || !k->slots)
        return false;
    block_walk_begin(&walk, h->c, &wish);
    walk.blocks = TRACE_SCAN_BLOCKS;
    walk.bytes = h->s->query ? TRACE_COUNT_BYTES / 2 : TRACE_COUNT_BYTES;
    k->bytes = TRACE_SCAN_BYTES / 2;
    k->hold_count = hunt_holds(h->s, k->holds);
    while (block_walk_next(&walk, &ref, &view)) {
        k->since_ms = hunt_since(ref.segment);
        for (uint32_t i = 0; i < view.count; i++)
            count_record(h, k, view.records[i]);
    }
    sort(k);
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
