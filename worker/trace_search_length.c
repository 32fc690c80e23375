/* trace_search_length.c -- traces by how long they took: entry rows of all segments, merged.
 * A trace has an entry row for each service it passed through, and in unlucky cases two for one: it is
 * shown at the longest of those that count, and passed over at the others. Without a service, those of
 * spans that nobody called count; else those of that service and operation. */
#include <stdlib.h>
#include <string.h>

#include "schema/segment.h"
#include "shm/log.h"
#include "worker/trace_search.h"

#define STREAMS_OF_MAX 64 /* operations followed one by one, in a segment */
#define ROWS 64           /* of a stream, fetched at a time */
#define FETCHES_MAX 400   /* in one request */

struct row {
    int64_t id, us;
    uint8_t flags, trace[16];
};

/* The rows of a segment, or of one operation of it, in order. */
struct stream {
    struct query_segment *segment;
    int64_t operation;      /* 0: of all, or of `operations` */
    struct text operations; /* JSON; absent: any */
    int64_t us, id;         /* behind these */
    struct row *rows;
    uint32_t count, at;
    bool ended;
};

struct merge {
    struct trace_hunt *h;
    struct stream *streams;
    uint32_t count, room, fetches;
    bool longest, of_operation;
};

static struct db_stmt *segment_query(struct api_call *c, struct query_segment *g, const char *name)
{
    struct db *d = query_segment_db(c->q, g);

    return d ? api_segment_query(c, d, name) : NULL;
}

static bool segment_row(struct query_segment *g, struct db_stmt *s)
{
    int rc = s ? db_step(s) : 0;

    if (rc < 0)
        log_warn("stored.damaged", "file=%s error=\"%s\"", g->file, db_error(g->db));
    return rc == 1;
}

/* ---- streams ---- */

static struct db_stmt *stream_query(struct merge *m, struct stream *t)
{
    struct api_call *c = m->h->c;
    const struct api_range *range = &m->h->s->range;
    struct db_stmt *s;

    if (t->operation) {
        s = segment_query(c, t->segment,
                          m->longest ? "api_entries_longest_of" : "api_entries_shortest_of");
        if (s)
            db_int(s, "operation", t->operation);
    } else {
        s = segment_query(c, t->segment,
                          m->longest ? "api_entries_longest" : "api_entries_shortest");
        if (s) {
            db_int(s, "flags", m->of_operation ? 0 : ENTRY_ROOT | ENTRY_PIECE);
            db_str(s, "operations", t->operations.at, t->operations.len);
        }
    }
    if (s) {
        db_int(s, "us", t->us);
        db_int(s, "id", t->id);
        db_int(s, "from", range->from_ms);
        db_int(s, "to", range->to_ms);
        db_int(s, "limit", ROWS);
    }
    return s;
}

static void fetch(struct merge *m, struct stream *t)
{
    struct db_stmt *s = NULL;

    t->count = t->at = 0;
    if (!t->rows)
        t->rows = arena_alloc(m->h->c->arena, ROWS * sizeof *t->rows);
    if (t->rows)
        s = stream_query(m, t);
    while (s && t->count < ROWS && segment_row(t->segment, s)) {
        struct row *r = &t->rows[t->count];
        size_t len;
        const void *trace;

        *r = (struct row){db_col_int(s, 0), db_col_int(s, 1), (uint8_t)db_col_int(s, 2), {0}};
        trace = db_col_blob(s, 3, &len);
        if (!trace || len != 16)
            continue;
        memcpy(r->trace, trace, 16);
        t->count++;
    }
    if (s)
        db_reset(s);
    t->ended = t->count < ROWS;
    if (t->count) {
        t->us = t->rows[t->count - 1].us;
        t->id = t->rows[t->count - 1].id;
    }
    m->fetches++;
}

/* The row that is next; NULL: no more. */
static struct row *head(struct merge *m, struct stream *t)
{
    if (t->at == t->count && !t->ended)
        fetch(m, t);
    return t->at < t->count ? &t->rows[t->at] : NULL;
}

/* Order of rows: by duration, then newer ones first. */
static bool before(const struct merge *m, const struct stream *a, const struct row *x,
                   const struct stream *b, const struct row *y)
{
    if (x->us != y->us)
        return m->longest ? x->us > y->us : x->us < y->us;
    if (a->segment->id != b->segment->id)
        return a->segment->id > b->segment->id;
    return x->id > y->id;
}

static struct stream *first_of(struct merge *m)
{
    struct stream *best = NULL;

    for (uint32_t i = 0; i < m->count; i++)
        if (head(m, &m->streams[i]) &&
            (!best || before(m, &m->streams[i], head(m, &m->streams[i]), best, head(m, best))))
            best = &m->streams[i];
    return best;
}

/* ---- which streams ---- */

static void add(struct merge *m, struct query_segment *g, int64_t operation, struct text operations)
{
    const struct api_page_key *from = &m->h->s->from;
    int64_t segment = from->offset >> 32, id = from->offset & UINT32_MAX;
    struct stream t = {.segment = g, .operation = operation, .operations = operations};

    if (m->count == m->room) {
        uint32_t room = m->room ? m->room * 2 : 64;
        struct stream *more = arena_alloc(m->h->c->arena, room * sizeof *more);

        if (!more)
            return;
        if (m->count)
            memcpy(more, m->streams, m->count * sizeof *more);
        m->streams = more;
        m->room = room;
    }
    t.us = segment ? from->value : m->longest ? INT64_MAX : -1;
    t.id = !segment || g->id < segment ? INT64_MAX : g->id == segment ? id : 0;
    m->streams[m->count++] = t;
}

/* The segment's numbers of the operation that is asked for. */
static uint32_t operations_of(struct merge *m, struct query_segment *g, int64_t *ids,
                              struct text *json)
{
    struct trace_search *search = m->h->s;
    struct db_stmt *s = segment_query(m->h->c, g, "api_operation_ids");
    struct buf b = api_buf(m->h->c);
    uint32_t n = 0;

    json_open(&b, NULL, '[');
    if (s) {
        db_str(s, "service", search->service.at, search->service.len);
        db_str(s, "name", search->operation.at, search->operation.len);
        for (; segment_row(g, s); n++) {
            if (n < STREAMS_OF_MAX)
                ids[n] = db_col_int(s, 0);
            json_int(&b, NULL, db_col_int(s, 0));
        }
        db_reset(s);
    }
    json_close(&b, ']');
    *json = buf_result(&b);
    return n;
}

static void add_segment(struct merge *m, struct query_segment *g)
{
    int64_t ids[STREAMS_OF_MAX];
    struct text json;
    uint32_t n;

    if (!m->of_operation) {
        add(m, g, 0, TEXT_NONE);
        return;
    }
    if ((n = operations_of(m, g, ids, &json)) == 0)
        return;
    if (!g->indexed || n > STREAMS_OF_MAX) {
        add(m, g, 0, json);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        add(m, g, ids[i], TEXT_NONE);
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

static bool stands_for(const struct merge *m, const struct trace_found *f, const struct row *r)
{
    int64_t longest = -1;

    for (uint32_t i = 0; i < f->tree.count; i++) {
        const struct span *s = f->tree.nodes[i].span;
        int64_t us = (int64_t)((s->end_ns - s->start_ns) / 1000);

        if (counts(m, s) && us > longest)
            longest = us;
    }
    return longest < 0 || longest == r->us; /* -1: pieces without an entry span */
}

/* ---- the search ---- */

struct picked {
    struct trace_candidate list[TRACE_BATCH];
    struct row rows[TRACE_BATCH];
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
static void pick(struct merge *m, struct picked *p, struct api_page_key *last)
{
    struct trace_hunt *h = m->h;
    struct stream *t;

    p->count = 0;
    while (p->count < TRACE_BATCH && p->count < h->loads && m->fetches < FETCHES_MAX + m->count &&
           (t = first_of(m))) {
        const struct row *r = &t->rows[t->at];

        /* A second row of a trace in the batch waits for the next: the first may not be the one. */
        if (picked_has(p, r->trace))
            break;
        *last = (struct api_page_key){r->us, t->segment->id << 32 | r->id};
        if (!hunt_is_done(h, r->trace)) {
            memcpy(p->list[p->count].id, r->trace, 16);
            p->rows[p->count] = *r;
            p->keys[p->count++] = *last;
        }
        t->at++;
    }
}

static void judge(struct merge *m, const struct picked *p, uint32_t i)
{
    struct trace_search *s = m->h->s;
    struct trace_found f;

    if (!hunt_fits(m->h, i, &f)) {
        hunt_done(m->h, p->list[i].id);
        return;
    }
    if (!stands_for(m, &f, &p->rows[i]))
        return;
    hunt_done(m->h, f.id);
    s->found[s->count++] = f;
}

bool hunt_by_length(struct trace_hunt *h)
{
    struct trace_search *s = h->s;
    struct merge m = {.h = h,
                      .longest = s->order == TRACES_LONGEST,
                      .of_operation = s->service.at || s->operation.at};
    struct api_page_key last = s->from;
    struct picked p;

    add_all(&m);
    while (s->count < s->limit) {
        uint32_t i = 0;

        pick(&m, &p, &last);
        if (!p.count)
            break;
        if (!hunt_read(h, p.list, p.count))
            return false;
        for (; i < p.count && s->count < s->limit; i++)
            judge(&m, &p, i);
        if (i < p.count || s->count == s->limit)
            last = p.keys[i - 1];
        if (arena_spent(h->c->arena))
            return false;
    }
    s->more = s->count == s->limit || !h->loads || m.fetches >= FETCHES_MAX + m.count;
    s->next = last;
    return !h->c->refused;
}
