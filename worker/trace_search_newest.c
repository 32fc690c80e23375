/* trace_search_newest.c -- traces, newest first: down the blocks, by their marks. */
#include <stdlib.h>
#include <string.h>

#include "worker/trace_search.h"

/* A cursor's value: segment and block; its offset: how many of the block's candidates are done with. */
static int64_t value_of(struct block_at at)
{
    return at.segment << 32 | at.block;
}

static struct block_at at_of(int64_t value)
{
    return (struct block_at){value >> 32, value & UINT32_MAX};
}

/* ---- the candidates of a block ---- */

struct gathering {
    struct trace_hunt *h;
    struct trace_candidate *list;
    uint32_t count, room;
    struct query_hold holds[QUERY_HOLDS];
    uint32_t hold_count;
    int64_t since_ms; /* of the block's traces */
};

bool hunt_group_may(struct trace_hunt *h, const struct span_bundle *b, const struct span_group *g,
                    struct text project)
{
    struct span_cursor cursor;
    struct span s;

    span_cursor_open(&cursor, b, g, query_scratch(h->c->q));
    while (span_cursor_next(&cursor, &s))
        if (hunt_may(h, &s, project))
            return true;
    return false;
}

static void add(struct gathering *g, const struct span_group *group)
{
    if (g->count == g->room)
        return;
    memcpy(g->list[g->count].id, group->trace_id, 16);
    g->list[g->count].since_ms = g->since_ms;
    g->list[g->count++].start_ns = group->start_ns;
}

static void gather_record(struct gathering *g, struct text record)
{
    const struct api_project *p;
    struct span_bundle b;

    if (!query_may_hold(g->holds, g->hold_count, record) ||
        !span_bundle_open(record, query_scratch(g->h->c->q), &b) ||
        !(p = api_project_by_id(g->h->c, b.head.project)))
        return;
    for (uint32_t i = 0; i < b.head.traces; i++)
        if (hunt_group_may(g->h, &b, &b.groups[i], p->slug))
            add(g, &b.groups[i]);
}

static int by_id(const void *a, const void *b)
{
    const struct trace_candidate *x = a, *y = b;
    int order = memcmp(x->id, y->id, 16);

    return order ? order : x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

static int newest_first(const void *a, const void *b)
{
    const struct trace_candidate *x = a, *y = b;

    if (x->start_ns != y->start_ns)
        return x->start_ns > y->start_ns ? -1 : 1;
    return memcmp(x->id, y->id, 16);
}

/* In an order that is the same for the next page: each trace once. */
static void settle(struct gathering *g)
{
    uint32_t kept = 0;

    if (!g->count)
        return;
    qsort(g->list, g->count, sizeof *g->list, by_id);
    for (uint32_t i = 0; i < g->count; i++)
        if (!kept || memcmp(g->list[i].id, g->list[kept - 1].id, 16) != 0)
            g->list[kept++] = g->list[i];
    g->count = kept;
    qsort(g->list, g->count, sizeof *g->list, newest_first);
}

static bool gather(struct gathering *g, const struct block_view *view)
{
    g->count = g->room = 0;
    for (uint32_t i = 0; i < view->count; i++) {
        struct span_head head;

        if (span_bundle_head(view->records[i], &head))
            g->room += head.traces;
    }
    if (!(g->list = arena_alloc(g->h->c->arena, g->room * sizeof *g->list)))
        return false;
    for (uint32_t i = 0; i < view->count; i++)
        gather_record(g, view->records[i]);
    settle(g);
    return true;
}

/* ---- where a trace is shown ---- */

enum shown { SHOWN_HERE, SHOWN_BEFORE, SHOWN_LATER };

/* Where its newest span lies that leads to it. A copy of a span may have led here that is not the one kept. */
static enum shown place_of(struct api_call *c, const struct trace_found *f, struct block_at here)
{
    enum shown place = SHOWN_LATER;

    for (uint32_t i = 0; i < f->tree.count; i++) {
        struct block_at at = span_source(f->tree.nodes[i].span)->at;

        if (!f->lead[i])
            continue;
        if (block_older(c, here, at))
            return SHOWN_BEFORE;
        if (at.segment == here.segment && at.block == here.block)
            place = SHOWN_HERE;
    }
    return place;
}

static void judge(struct trace_hunt *h, uint32_t n, struct block_at here)
{
    struct trace_search *s = h->s;
    struct trace_found f;
    enum shown place;

    if (!hunt_fits(h, n, &f)) {
        hunt_done(h, h->batch[n].id);
        return;
    }
    place = place_of(h->c, &f, here);
    if (place == SHOWN_HERE)
        s->found[s->count++] = f;
    if (place != SHOWN_LATER)
        hunt_done(h, f.id);
}

/* How many to read together. At first what the page wants and some more; where those did not fill it few
 * traces fit, and as many as can be are read, since the same blocks are read again for the next ones. Traces
 * with all they have are dear: of these no more than the page lacks, but for a last few. */
static uint32_t batch_size(const struct trace_hunt *h)
{
    const struct trace_search *s = h->s;
    uint32_t most = TRACE_BATCH;

    if (!s->outline)
        most = s->limit - s->count;
    else if (h->loads == TRACE_LOADS_MAX)
        most = s->limit + s->limit / 8;
    if (most < TRACE_BATCH / 4)
        most = TRACE_BATCH / 4;
    if (most > TRACE_BATCH)
        most = TRACE_BATCH;
    return most < h->loads ? most : h->loads;
}

/* The next candidates that are not done with, and where in the list they stand. */
static uint32_t pick(struct gathering *g, uint32_t from, struct trace_candidate *out, uint32_t *at)
{
    uint32_t n = 0, most = batch_size(g->h);

    for (; from < g->count && n < most; from++) {
        if (hunt_is_done(g->h, g->list[from].id))
            continue;
        at[n] = from;
        out[n++] = g->list[from];
    }
    return n;
}

/* Candidates from *i on, until the page is full. How far it came. */
static bool take(struct gathering *g, struct block_at here, uint32_t *i)
{
    struct trace_candidate list[TRACE_BATCH];
    uint32_t at[TRACE_BATCH], n;
    struct trace_hunt *h = g->h;
    struct trace_search *s = h->s;

    while (s->count < s->limit && h->loads) {
        if ((n = pick(g, *i, list, at)) == 0) {
            *i = g->count;
            break;
        }
        if (!hunt_read(h, list, n))
            return false;
        for (uint32_t k = 0; k < n && s->count < s->limit && !hunt_unread(h, k); k++) {
            judge(h, k, here);
            *i = at[k] + 1;
        }
        if (arena_spent(h->c->arena))
            return false;
    }
    return true;
}

/* ---- down the blocks ---- */

uint32_t hunt_needs(const struct trace_search *s, struct query_need *needs)
{
    if (s->ql)
        return query_needs(&s->ql->query, traceql_lead(s->ql), needs, QUERY_NEEDS);
    return s->query ? query_needs(s->query, s->root, needs, QUERY_NEEDS) : 0;
}

uint32_t hunt_holds(const struct trace_search *s, struct query_hold *holds)
{
    if (s->ql)
        return query_holds(&s->ql->query, traceql_lead(s->ql), holds, QUERY_HOLDS);
    return s->query ? query_holds(s->query, s->root, holds, QUERY_HOLDS) : 0;
}

static void stop_at(struct trace_search *s, struct block_at at, uint32_t offset)
{
    s->more = true;
    s->next = (struct api_page_key){value_of(at), offset};
}

bool hunt_newest(struct trace_hunt *h)
{
    struct query_need needs[QUERY_NEEDS];
    struct trace_search *s = h->s;
    struct gathering g = {.h = h};
    struct block_wish wish = {.kind = RECORD_SPANS,
                              .from_ms = s->range.from_ms,
                              .to_ms = s->range.to_ms,
                              .needs = needs,
                              .need_count = hunt_needs(s, needs),
                              .from = at_of(s->from.value)};
    struct block_walk walk;
    struct block_view view;
    struct block_ref ref;

    g.hold_count = hunt_holds(s, g.holds);
    block_walk_begin(&walk, h->c, &wish);
    walk.blocks = TRACE_SCAN_BLOCKS;
    walk.bytes = TRACE_SCAN_BYTES;
    while (block_walk_next(&walk, &ref, &view)) {
        struct block_at here = block_at_of(&ref);
        uint32_t i = value_of(here) == s->from.value ? (uint32_t)s->from.offset : 0;

        if (s->count == s->limit) { /* full with the block before: this one is the next page's */
            stop_at(s, here, 0);
            return true;
        }
        g.since_ms = hunt_since(ref.segment);
        if (!gather(&g, &view) || !take(&g, here, &i))
            return false;
        if (i < g.count) {
            stop_at(s, here, i);
            return true;
        }
    }
    if (walk.spent)
        stop_at(s, walk.here, 0);
    return !h->c->refused;
}
