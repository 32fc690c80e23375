/* trace_search.c -- does a trace fit? What all ways of searching share. */
#include "worker/trace_search.h"

#include <stdlib.h>
#include <string.h>

#define LARGE_COSTS 16 /* traces that reading a large one counts for */

/* ---- looked at before ---- */

static uint32_t done_slot(const struct trace_hunt *h, const uint8_t id[16])
{
    uint64_t half;
    uint32_t at;

    memcpy(&half, id + 8, 8);
    at = (uint32_t)(half * 0x9e3779b97f4a7c15 >> 32) & (h->done_room - 1);
    while (!id_is_zero(h->done[at].id, 16) && memcmp(h->done[at].id, id, 16) != 0)
        at = (at + 1) & (h->done_room - 1);
    return at;
}

bool hunt_is_done(struct trace_hunt *h, const uint8_t id[16])
{
    return !id_is_zero(h->done[done_slot(h, id)].id, 16);
}

void hunt_done(struct trace_hunt *h, const uint8_t id[16])
{
    struct trace_candidate *at = &h->done[done_slot(h, id)];

    if (h->done_count * 2 > h->done_room)
        return; /* forgotten: it is looked at twice, and found wanting twice */
    h->done_count += id_is_zero(at->id, 16);
    memcpy(at->id, id, 16);
    at->wait_us = -1;
}

void hunt_wait(struct trace_hunt *h, const uint8_t id[16], int64_t us)
{
    hunt_done(h, id);
    if (hunt_is_done(h, id))
        h->done[done_slot(h, id)].wait_us = us;
}

bool hunt_passes(struct trace_hunt *h, const uint8_t id[16], int64_t us)
{
    return hunt_is_done(h, id) && h->done[done_slot(h, id)].wait_us != us;
}

/* ---- reading ---- */

bool hunt_read(struct trace_hunt *h, const struct trace_candidate *list, uint32_t count)
{
    enum span_depth depth = h->s->outline ? SPANS_OUTLINE : SPANS_WHOLE;

    memset(h->batch, 0, count * sizeof *h->batch);
    for (uint32_t i = 0; i < count; i++) {
        memcpy(h->batch[i].id, list[i].id, 16);
        h->batch[i].since_ms = list[i].since_ms;
    }
    h->loads -= count < h->loads ? count : h->loads;
    if (!span_store_read(h->c, h->batch, count, depth, TRACE_LIST_SPANS))
        return false;
    for (uint32_t i = 0; count > 1 && i < count; i++) {
        struct span_trace *t = &h->batch[i];

        if (t->count == t->stored)
            continue;
        h->loads -= h->loads < LARGE_COSTS ? h->loads : LARGE_COSTS;
        if (!span_store_read(h->c, t, 1, depth, TRACE_LIST_SPANS)) /* a large one: by itself */
            return false;
    }
    if (h->c->arena->taken > API_ARENA_MAX / 2) /* no more of such traces on this page */
        h->loads = 0;
    return true;
}

bool hunt_unread(const struct trace_hunt *h, uint32_t n)
{
    return h->loads == 0 && h->batch[n].count == 0 && h->batch[n].stored > 0;
}

/* ---- fitting ---- */

static bool in_range(const struct trace_hunt *h, const struct span *s)
{
    const struct api_range *r = &h->s->range;
    int64_t start_ms = (int64_t)(s->start_ns / 1000000);

    if (s->flags & SPAN_TIME_FUTURE)
        return true; /* its clock is wrong: the block knows when it came */
    return start_ms >= r->from_ms && start_ms < r->to_ms;
}

/* What leads to a trace: a span that fits the conditions, or that TraceQL cannot do without. */
static enum query_answer leads(const struct trace_hunt *h, const struct query_item *item,
                               struct arena *a)
{
    if (h->s->ql)
        return query_ask(&h->s->ql->query, traceql_lead(h->s->ql), item, a);
    return h->s->query ? query_ask(h->s->query, h->s->root, item, a) : QUERY_YES;
}

bool hunt_may(struct trace_hunt *h, const struct span *s, struct text project)
{
    struct query_item item = {.span = s, .project = project};

    return in_range(h, s) && leads(h, &item, query_scratch(h->c->q)) != QUERY_NO;
}

static struct query_item item_of(struct trace_hunt *h, const struct trace_found *f, uint32_t node)
{
    const struct span *s = f->tree.nodes[node].span;
    const struct api_project *p = api_project_by_id(h->c, span_source(s)->project);

    return (struct query_item){.span = s,
                               .project = p ? p->slug : TEXT_NONE,
                               .summary = &f->summary,
                               .node = &f->tree.nodes[node]};
}

/* Which spans lead here, and whether one fits the conditions. */
static bool look_at_spans(struct trace_hunt *h, struct trace_found *f)
{
    struct arena *a = h->c->arena;
    uint32_t leading = 0, fitting = 0;

    for (uint32_t i = 0; i < f->tree.count; i++) {
        struct query_item item = item_of(h, f, i);

        if (!in_range(h, item.span))
            continue;
        leading += f->lead[i] = leads(h, &item, a) == QUERY_YES;
        fitting +=
            !h->s->ql || !h->s->query || query_ask(h->s->query, h->s->root, &item, a) == QUERY_YES;
    }
    f->hits = leading;
    return leading && fitting;
}

bool hunt_fits(struct trace_hunt *h, uint32_t n, struct trace_found *out)
{
    const struct span_trace *t = &h->batch[n];
    struct arena *a = h->c->arena;

    *out = (struct trace_found){.stored = t->stored};
    memcpy(out->id, t->id, 16);
    if (!t->count || !trace_build(t->spans, t->count, a, &out->tree) ||
        !span_store_summary(h->c, t, &out->tree, &out->summary) ||
        !(out->lead = arena_zero(a, out->tree.count, sizeof *out->lead)) || !look_at_spans(h, out))
        return false;
    if (!h->s->ql) {
        out->hit = out->lead;
        return true;
    }
    if (!(out->hit = arena_zero(a, out->tree.count, sizeof *out->hit)))
        return false;
    return traceql_find(h->s->ql, &out->tree, &out->summary, a, out->hit, &out->hits) &&
           out->hits > 0;
}

/* ---- the search ---- */

bool trace_search(struct api_call *c, struct trace_search *s)
{
    struct trace_hunt h = {.c = c, .s = s, .loads = TRACE_LOADS_MAX, .done_room = 4096};

    s->count = 0;
    s->more = false;
    s->found = arena_alloc(c->arena, s->limit * sizeof *s->found);
    h.done = arena_zero(c->arena, h.done_room, sizeof *h.done);
    h.batch = arena_alloc(c->arena, TRACE_BATCH * sizeof *h.batch);
    if (!s->found || !h.done || !h.batch)
        return false;
    if (s->issue)
        return hunt_issue(&h);
    if (s->order == TRACES_NEWEST)
        return hunt_newest(&h);
    if (!s->entries)
        return hunt_ranked(&h);
    return s->order == TRACES_LARGEST ? hunt_largest(&h) : hunt_by_length(&h);
}
