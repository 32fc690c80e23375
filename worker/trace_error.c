#include "worker/trace_error.h"

#include <stdlib.h>
#include <string.h>

#include "model/marks.h"
#include "worker/trail.h"

struct places {
    struct api_call *c;
    const uint8_t *trace;
    struct stored_event *out;
    uint32_t count, room;
};

static void place(struct places *p, struct query_segment *g, struct db_stmt *s)
{
    if (p->count < p->room && api_project_by_id(p->c, db_col_int(s, 2)))
        stored_event_row(s, g, &p->out[p->count++]);
}

static void by_index(struct places *p, struct query_segment *g)
{
    struct db_stmt *s = stored_query(p->c, g, "api_stored_trace_events");

    if (!s)
        return;
    db_blob(s, "trace", p->trace, 16);
    while (p->count < p->room && stored_row(g, s))
        place(p, g, s);
    db_reset(s);
}

/* A trail that has no room left passes newer events by until the segment is sealed: there are TRAIL_MAX
 * of them before that, and a segment has SEGMENT_ROWS_MAX events. */
static void trail_on(struct api_call *c, struct query_segment *g, struct trail *t)
{
    struct db_stmt *s = stored_query(c, g, "api_stored_traces_since");

    static_assert(SEGMENT_ROWS_MAX <= TRAIL_MAX, "the events of a segment fit");
    if (!s)
        return;
    db_int(s, "after", (int64_t)t->seq);
    while (stored_row(g, s)) {
        uint64_t seq = (uint64_t)db_col_int(s, 0);
        size_t len;
        const void *trace = db_col_blob(s, 1, &len);

        if (!trace || len != 16)
            continue;
        if (!trail_add(&t->events, marks_trace(trace), (uint32_t)(seq - t->first_seq) + 1))
            break;
        t->seq = seq;
    }
    db_reset(s);
}

static void by_trail(struct places *p, struct query_segment *g)
{
    struct trail *t = query_trail(p->c->q);
    uint32_t at = 0, number;

    if (t->segment != g->id)
        trail_begin(t, g->id, g->first_seq);
    trail_on(p->c, g, t);
    while (p->count < p->room && (number = trail_next(&t->events, marks_trace(p->trace), &at))) {
        struct db_stmt *s = stored_query(p->c, g, "api_stored_event_trace");

        if (!s)
            return;
        db_int(s, "seq", (int64_t)(t->first_seq + number - 1));
        db_blob(s, "trace", p->trace, 16);
        if (stored_row(g, s))
            place(p, g, s);
        db_reset(s);
    }
}

static int by_seq(const void *a, const void *b)
{
    const struct stored_event *x = a, *y = b;

    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

uint32_t trace_error_places(struct api_call *c, const uint8_t trace[16], struct stored_event *out,
                            uint32_t room)
{
    struct places p = {.c = c, .trace = trace, .out = out, .room = room};
    struct query_segment *list;
    uint32_t count = query_segments(c->q, &list);

    for (uint32_t i = 0; i < count && p.count < room; i++) {
        if (i == 0 && !list[i].indexed)
            by_trail(&p, &list[i]);
        else
            by_index(&p, &list[i]);
    }
    if (p.count)
        qsort(out, p.count, sizeof *out, by_seq);
    return p.count;
}

uint32_t trace_errors(struct api_call *c, const uint8_t trace[16], struct trace_error *out,
                      uint32_t room)
{
    struct stored_event *places = arena_alloc(c->arena, room * sizeof *places);
    uint32_t count = places ? trace_error_places(c, trace, places, room) : 0, n = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct trace_error *e = &out[n];
        struct record_event r;

        *e = (struct trace_error){.at = places[i], .issue = stored_issue(c, &places[i])};
        if (!e->issue || !stored_read(c, &places[i], &r))
            continue;
        memcpy(e->span, r.span_id, 8);
        e->level = r.level;
        e->title = api_keep(c, r.title);
        e->culprit = api_keep(c, r.culprit);
        e->transaction = api_keep(c, r.transaction);
        n++;
    }
    return n;
}
