#include "worker/trace_entries.h"

#include <stdlib.h>
#include <string.h>

#include "schema/segment.h"
#include "worker/stored.h"
#include "worker/trail.h"

#define FEW 8192

/* ---- by index ---- */

bool trace_entries_few(struct api_call *c, struct query_segment *g, int64_t from_ms, int64_t to_ms)
{
    bool within = g->begun_ms >= from_ms && g->ended_ms < to_ms; /* all of it, or nearly so */
    struct db_stmt *s = g->indexed && !within ? stored_query(c, g, "api_entries_count") : NULL;
    bool few;

    if (!s)
        return false;
    db_int(s, "from", from_ms);
    db_int(s, "to", to_ms);
    db_int(s, "limit", FEW);
    few = stored_row(g, s) && db_col_int(s, 0) < FEW;
    db_reset(s);
    return few;
}

/* Of most streams the first rows are all that is wanted. */
static uint32_t fetched_at_once(const struct trace_entries *e)
{
    uint32_t rows = ENTRIES_FIRST;

    for (uint32_t i = 1; i < e->fetches && rows < ENTRIES_FETCHED; i++)
        rows *= 4;
    return rows < ENTRIES_FETCHED ? rows : ENTRIES_FETCHED;
}

static const char *statement_of(const struct trace_entries *e)
{
    if (e->operation)
        return e->longest ? "api_entries_longest_of" : "api_entries_shortest_of";
    if (e->few)
        return e->longest ? "api_entries_longest_in" : "api_entries_shortest_in";
    return e->longest ? "api_entries_longest" : "api_entries_shortest";
}

static struct db_stmt *statement(struct api_call *c, struct trace_entries *e)
{
    struct db_stmt *s = stored_query(c, e->segment, statement_of(e));

    if (s && e->operation) {
        db_int(s, "operation", e->operation);
    } else if (s) {
        db_int(s, "flags", e->of_operation ? 0 : ENTRY_ROOT | ENTRY_PIECE);
        db_str(s, "operations", e->json.at, e->json.len);
    }
    if (s) {
        db_int(s, "us", e->us);
        db_int(s, "id", e->id);
        db_int(s, "from", e->from_ms);
        db_int(s, "to", e->to_ms);
        db_int(s, "limit", fetched_at_once(e));
    }
    return s;
}

static void fetch_by_index(struct api_call *c, struct trace_entries *e)
{
    struct db_stmt *s = statement(c, e);

    while (s && e->count < ENTRIES_FETCHED && stored_row(e->segment, s)) {
        struct trace_entry *r = &e->rows[e->count++];

        r->id = db_col_int(s, 0);
        r->us = db_col_int(s, 1);
    }
    if (s)
        db_reset(s);
}

/* ---- by looking through the trail ---- */

static void trail_on(struct api_call *c, struct query_segment *g, struct trail *t)
{
    struct db_stmt *s = stored_query(c, g, "api_entries_since");
    bool room = true;

    if (!s)
        return;
    db_int(s, "after", t->row_count);
    while (room && stored_row(g, s)) {
        struct trail_row row = {.us = (uint64_t)db_col_int(s, 3),
                                .start_s = (int32_t)(db_col_int(s, 2) / 1000),
                                .operation = (uint32_t)db_col_int(s, 1),
                                .flags = (uint8_t)db_col_int(s, 4),
                                .there = true};

        room = trail_add_row(t, (uint32_t)db_col_int(s, 0), &row);
    }
    db_reset(s);
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static bool is_wanted(const struct trace_entries *e, const struct trail_row *r)
{
    int64_t operation = r->operation;

    if (!r->there || r->start_s < e->from_ms / 1000 || r->start_s > e->to_ms / 1000)
        return false;
    if (!e->of_operation)
        return r->flags & (ENTRY_ROOT | ENTRY_PIECE);
    return bsearch(&operation, e->operations, e->operation_count, sizeof operation, by_number);
}

/* Does (us, id) come before the other in the order of rows? */
static bool before(const struct trace_entries *e, int64_t us, int64_t id, int64_t other_us,
                   int64_t other_id)
{
    if (us != other_us)
        return e->longest ? us > other_us : us < other_us;
    return id > other_id;
}

/* Put in where it belongs; the last one falls out of a full list. */
static void put(struct trace_entries *e, int64_t us, int64_t id)
{
    uint32_t at = e->count;

    if (at == ENTRIES_FETCHED) {
        const struct trace_entry *last = &e->rows[at - 1];

        if (!before(e, us, id, last->us, last->id))
            return;
        at--;
    } else {
        e->count++;
    }
    for (; at > 0 && before(e, us, id, e->rows[at - 1].us, e->rows[at - 1].id); at--)
        e->rows[at] = e->rows[at - 1];
    e->rows[at] = (struct trace_entry){.id = id, .us = us};
}

static void fetch_by_trail(struct api_call *c, struct trace_entries *e)
{
    struct trail *t = query_trail(c->q);

    if (t->segment != e->segment->id)
        trail_begin(t, e->segment->id, e->segment->first_seq);
    trail_on(c, e->segment, t);
    for (uint32_t i = 0; i < t->row_count; i++) {
        const struct trail_row *r = &t->rows[i];

        if (is_wanted(e, r) && before(e, e->us, e->id, (int64_t)r->us, i + 1))
            put(e, (int64_t)r->us, i + 1);
    }
}

/* ---- */

static bool in_use(struct api_call *c, const struct query_segment *g)
{
    struct query_segment *list;

    return query_segments(c->q, &list) > 0 && g == list && !g->indexed;
}

/* There may be thousands of streams: each takes no more than it reads. */
static bool has_room(struct api_call *c, struct trace_entries *e)
{
    uint32_t rows = in_use(c, e->segment) ? ENTRIES_FETCHED : fetched_at_once(e);

    if (rows > e->room) {
        e->rows = arena_alloc(c->arena, rows * sizeof *e->rows);
        e->room = e->rows ? rows : 0;
    }
    return e->rows != NULL;
}

static void fetch(struct api_call *c, struct trace_entries *e)
{
    e->count = e->at = 0;
    e->fetches++;
    e->bounded = false;
    if (!has_room(c, e)) {
        e->ended = true;
        return;
    }
    if (in_use(c, e->segment)) {
        fetch_by_trail(c, e);
        e->ended = e->count < ENTRIES_FETCHED;
    } else {
        fetch_by_index(c, e);
        e->ended = e->count < fetched_at_once(e);
    }
    if (e->count) {
        e->us = e->rows[e->count - 1].us;
        e->id = e->rows[e->count - 1].id;
    }
}

void trace_entries_apart(struct api_call *c, const struct trace_entries *e,
                         void (*each)(void *own, const struct trace_entries *one), void *own)
{
    struct db_stmt *s = stored_query(
        c, e->segment, e->longest ? "api_entries_heads_longest" : "api_entries_heads_shortest");

    if (!s)
        return;
    db_str(s, "operations", e->json.at, e->json.len);
    db_int(s, "us", e->us);
    while (stored_row(e->segment, s)) {
        struct trace_entries one = *e;

        one.operation = db_col_int(s, 0);
        one.bounded = true;
        one.bound = (struct trace_entry){.us = db_col_int(s, 1), .id = INT64_MAX};
        each(own, &one);
    }
    db_reset(s);
}

const struct trace_entry *trace_entries_peek(struct api_call *c, struct trace_entries *e)
{
    return e->bounded ? &e->bound : trace_entries_head(c, e);
}

const struct trace_entry *trace_entries_head(struct api_call *c, struct trace_entries *e)
{
    if (e->at == e->count && !e->ended)
        fetch(c, e);
    return e->at < e->count ? &e->rows[e->at] : NULL;
}

bool trace_entries_trace(struct api_call *c, const struct trace_entries *e, uint8_t out[16])
{
    struct db_stmt *s = stored_query(c, e->segment, "api_entry_trace");
    const void *trace = NULL;
    size_t len = 0;

    if (!s)
        return false;
    db_int(s, "id", e->rows[e->at].id);
    if (stored_row(e->segment, s))
        trace = db_col_blob(s, 0, &len);
    if (trace && len == 16)
        memcpy(out, trace, 16);
    db_reset(s);
    return trace && len == 16;
}
