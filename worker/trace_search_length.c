/* trace_search_length.c -- traces by how long they took: entry rows of all segments, merged.
 * A trace has an entry row for each service it passed through, and in unlucky cases two for one: it is
 * shown at the longest of those that count, and passed over at the others. Without a service, those of
 * spans that nobody called count; else those of that service and operation. */
#include <stdlib.h>
#include <string.h>

#include "schema/segment.h"
#include "shm/log.h"
#include "worker/trace_entries.h"
#include "worker/trace_search.h"

/* Operations followed one by one, in a segment: of more, some row comes soon. */
#define STREAMS_OF_MAX 24
#define OPERATIONS_SEEN 2048
#define FETCHES_MAX 100 /* in one request, besides the first of each stream */

struct merge {
    struct trace_hunt *h;
    struct trace_entries *streams;
    uint32_t count, room;
    bool of_operation;
};

/* ---- which streams ---- */

static void add(struct merge *m, const struct trace_entries *e)
{
    if (m->count == m->room) {
        uint32_t room = m->room ? m->room * 2 : 64;
        struct trace_entries *more = arena_alloc(m->h->c->arena, room * sizeof *more);

        if (!more)
            return;
        if (m->count)
            memcpy(more, m->streams, m->count * sizeof *more);
        m->streams = more;
        m->room = room;
    }
    m->streams[m->count++] = *e;
}

static void add_one(void *own, const struct trace_entries *e)
{
    add(own, e);
}

/* Where the streams of a segment go on. */
static struct trace_entries begin(const struct merge *m, struct query_segment *g)
{
    const struct trace_search *s = m->h->s;
    int64_t segment = s->from.offset >> 32, id = s->from.offset & UINT32_MAX;
    bool longest = s->order == TRACES_LONGEST;

    return (struct trace_entries){
        .segment = g,
        .from_ms = s->range.from_ms,
        .to_ms = s->range.to_ms,
        .longest = longest,
        .of_operation = m->of_operation,
        .us = segment   ? s->from.value
              : longest ? INT64_MAX
                        : -1,
        .id = !segment || g->id < segment ? INT64_MAX
              : g->id == segment          ? id
                                          : 0,
    };
}

/* The segment's numbers of the operation that is asked for, ascending. */
static bool operations_of(struct merge *m, struct query_segment *g, struct trace_entries *e)
{
    struct api_call *c = m->h->c;
    struct db *d = query_segment_db(c->q, g);
    struct db_stmt *s =
        d ? api_segment_query(c, d,
                              m->h->s->service.at ? "api_operation_ids" : "api_operation_ids_named")
          : NULL;
    struct buf b = api_buf(c);

    if (!s || !(e->operations = arena_alloc(c->arena, OPERATIONS_SEEN * sizeof *e->operations)))
        return false;
    json_open(&b, NULL, '[');
    db_str(s, "service", m->h->s->service.at, m->h->s->service.len);
    db_str(s, "name", m->h->s->operation.at, m->h->s->operation.len);
    while (e->operation_count < OPERATIONS_SEEN && db_step(s) == 1) {
        e->operations[e->operation_count++] = db_col_int(s, 0);
        json_int(&b, NULL, db_col_int(s, 0));
    }
    db_reset(s);
    json_close(&b, ']');
    e->json = buf_result(&b);
    return e->operation_count > 0;
}

static void add_segment(struct merge *m, struct query_segment *g)
{
    const struct api_range *range = &m->h->s->range;
    struct trace_entries e = begin(m, g);

    if (m->of_operation && !operations_of(m, g, &e))
        return;
    e.few = trace_entries_few(m->h->c, g, range->from_ms, range->to_ms);
    if (!m->of_operation || e.few || !g->indexed || e.operation_count > STREAMS_OF_MAX)
        add(m, &e);
    else
        trace_entries_apart(m->h->c, &e, add_one, m);
}

static void add_all(struct merge *m)
{
    const struct api_range *range = &m->h->s->range;
    struct query_segment *list;
    uint32_t count = query_segments(m->h->c->q, &list);

    for (uint32_t i = 0; i < count; i++) {
        if (list[i].ended_ms != INT64_MAX && list[i].ended_ms + BLOCK_SKEW_MS < range->from_ms)
            break;
        add_segment(m, &list[i]);
    }
}

/* ---- merging ---- */

/* Order of rows: by duration, then newer ones first. */
static bool before(const struct trace_entries *a, const struct trace_entry *x,
                   const struct trace_entries *b, const struct trace_entry *y)
{
    if (x->us != y->us)
        return a->longest ? x->us > y->us : x->us < y->us;
    if (a->segment->id != b->segment->id)
        return a->segment->id > b->segment->id;
    return x->id > y->id;
}

/* The stream whose next row is the first of all; of many streams a bound says that they need not be read. */
static struct trace_entries *first_of(struct merge *m)
{
    for (;;) {
        struct trace_entries *best = NULL;
        const struct trace_entry *best_row = NULL;

        for (uint32_t i = 0; i < m->count; i++) {
            struct trace_entries *e = &m->streams[i];
            const struct trace_entry *row = trace_entries_peek(m->h->c, e);

            if (row && (!best || before(e, row, best, best_row))) {
                best = e;
                best_row = row;
            }
        }
        if (!best || !best->bounded)
            return best;
        trace_entries_head(m->h->c, best);
    }
}

static bool fetched_enough(const struct merge *m)
{
    uint32_t fetches = 0;

    for (uint32_t i = 0; i < m->count; i++)
        fetches += m->streams[i].fetches ? m->streams[i].fetches - 1 : 0;
    return fetches >= FETCHES_MAX;
}

/* ---- at which of its rows a trace is shown ---- */

static bool counts(const struct merge *m, const struct span *s)
{
    const struct trace_search *search = m->h->s;

    if (!m->of_operation)
        return id_is_zero(s->parent_id, 8);
    return (s->flags & SPAN_ENTRY) &&
           (!search->service.at || text_eq(s->resource->service, search->service)) &&
           (!search->operation.at || text_eq(s->name, search->operation));
}

/* -1: pieces without an entry span; any row will do. */
static int64_t longest_of(const struct merge *m, const struct trace_found *f)
{
    int64_t longest = -1;

    for (uint32_t i = 0; i < f->tree.count; i++) {
        const struct span *s = f->tree.nodes[i].span;
        int64_t us = (int64_t)((s->end_ns - s->start_ns) / 1000);

        if (counts(m, s) && us > longest)
            longest = us;
    }
    return longest;
}

/* ---- the search ---- */

struct picked {
    struct trace_candidate list[TRACE_BATCH];
    struct trace_entry rows[TRACE_BATCH];
    struct api_page_key keys[TRACE_BATCH];
    uint32_t count;
};

static bool picked_has(const struct picked *p, const uint8_t id[16])
{
    for (uint32_t i = 0; i < p->count; i++)
        if (memcmp(p->list[i].id, id, 16) == 0)
            return true;
    return false;
}

/* Rows of traces that were not looked at; `last` is the place of the last row of all. */
static void pick(struct merge *m, struct picked *p, uint32_t most, struct api_page_key *last)
{
    struct trace_hunt *h = m->h;
    struct trace_entries *e;

    p->count = 0;
    while (p->count < most && p->count < h->loads && !fetched_enough(m) && (e = first_of(m))) {
        const struct trace_entry *r = &e->rows[e->at];
        uint8_t trace[16];

        if (!trace_entries_trace(h->c, e, trace)) {
            e->at++;
            continue;
        }
        /* A second row of a trace in the batch waits for the next: the first may not be the one. */
        if (picked_has(p, trace))
            break;
        *last = (struct api_page_key){r->us, e->segment->id << 32 | r->id};
        if (!hunt_passes(h, trace, r->us)) {
            memcpy(p->list[p->count].id, trace, 16);
            p->list[p->count].since_ms = hunt_since(e->segment);
            p->rows[p->count] = *r;
            p->keys[p->count++] = *last;
        }
        e->at++;
    }
}

static void judge(struct merge *m, const struct picked *p, uint32_t i)
{
    struct trace_search *s = m->h->s;
    struct trace_found f;
    int64_t longest;

    if (!hunt_fits(m->h, i, &f)) {
        hunt_done(m->h, p->list[i].id);
        return;
    }
    longest = longest_of(m, &f);
    if (longest >= 0 && longest != p->rows[i].us) { /* a large trace may have hundreds of pieces */
        hunt_wait(m->h, f.id, longest);
        return;
    }
    hunt_done(m->h, f.id);
    s->found[s->count++] = f;
}

bool hunt_by_length(struct trace_hunt *h)
{
    struct trace_search *s = h->s;
    struct merge m = {.h = h, .of_operation = s->service.at || s->operation.at};
    struct api_page_key last = s->from;
    struct picked p;

    add_all(&m);
    while (s->count < s->limit) {
        uint32_t left = s->limit - s->count;
        struct api_page_key reached = last;

        pick(&m, &p, left < TRACE_BATCH ? left : TRACE_BATCH, &last);
        if (!p.count)
            break;
        if (!hunt_read(h, p.list, p.count))
            return false;
        for (uint32_t i = 0; i < p.count; i++) {
            if (hunt_unread(h, i)) {
                last = i ? p.keys[i - 1] : reached;
                break;
            }
            judge(&m, &p, i);
        }
        if (arena_spent(h->c->arena))
            return false;
    }
    s->more = s->count == s->limit || !h->loads || fetched_enough(&m);
    s->next = last;
    return !h->c->refused;
}
