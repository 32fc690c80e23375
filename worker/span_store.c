/* span_store.c -- the spans of traces, out of the blocks. */
#include "worker/span_store.h"

#include <stdlib.h>
#include <string.h>

#include "proto/hex.h"
#include "shm/log.h"

/* Spans; room for one trace of any size is set aside at once, since it is not copied. */
#define CHUNK 256

struct chunk {
    struct chunk *next;
    struct span *spans;
    uint32_t *owner; /* of each span: number of its trace */
    uint32_t count, room;
};

struct reading {
    struct api_call *c;
    struct span_trace *traces;
    uint32_t *by_id; /* numbers of traces, in order of their ids */
    uint32_t trace_count;
    struct span_copier *copier;
    struct chunk *first, *last;
    uint32_t count, limit;
    uint32_t each;       /* spans of one trace */
    size_t set_aside;    /* bytes for spans to come */
    const uint8_t *span; /* this one only; NULL: all */
    bool in_keys;        /* of the single trace, keys are made, not spans */
    /* of a single trace, the span that its root will be, by what was read so far: */
    uint64_t root_ns; /* when it began */
    bool root_real;   /* nobody called it */
    bool late;        /* it was met when the trace was full, and is the last that was kept */
    bool late_failed;
};

/* ---- which trace ---- */

static int by_id(const void *a, const void *b, void *own)
{
    const struct span_trace *traces = own;

    return memcmp(traces[*(const uint32_t *)a].id, traces[*(const uint32_t *)b].id, 16);
}

static struct span_trace *wanted(const struct reading *r, const uint8_t *id)
{
    uint32_t lo = 0, hi = r->trace_count;

    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        int order = memcmp(r->traces[r->by_id[mid]].id, id, 16);

        if (order == 0)
            return &r->traces[r->by_id[mid]];
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

static bool any_wanted(const struct reading *r, struct text record)
{
    uint8_t id[16];
    uint32_t spans;
    size_t at = 0;

    while (span_bundle_trace(record, &at, id, &spans))
        if (wanted(r, id))
            return true;
    return false;
}

/* ---- reading ---- */

static struct chunk *chunk_add(struct reading *r)
{
    struct arena *a = r->c->arena;
    struct chunk *k = arena_zero(a, 1, sizeof *k);

    if (!k)
        return NULL;
    k->room = r->trace_count == 1 && r->limit > TRACE_LIST_SPANS ? r->limit + 1 : CHUNK;
    k->spans = arena_alloc(a, k->room * sizeof *k->spans);
    k->owner = arena_alloc(a, k->room * sizeof *k->owner);
    if (arena_spent(a))
        return NULL;
    if (k->room > CHUNK)
        r->set_aside += k->room * sizeof *k->spans;
    if (r->last)
        r->last->next = k;
    else
        r->first = k;
    return r->last = k;
}

static bool keep(struct reading *r, const struct span *s, struct span_trace *t)
{
    struct chunk *k = r->last && r->last->count < r->last->room ? r->last : chunk_add(r);

    if (!k || !span_copy(r->copier, s, &k->spans[k->count]))
        return false;
    k->owner[k->count++] = (uint32_t)(t - r->traces);
    t->count++;
    r->count++;
    return true;
}

static bool keep_key(struct reading *r, const struct span_bundle *b, const struct span_brief *s,
                     struct span_trace *t)
{
    if (!span_copy_key(r->copier, b, s, &t->keys[t->count]))
        return false;
    t->count++;
    r->count++;
    return true;
}

/* The place of what was kept last is free again. */
static void drop_last(struct reading *r, struct span_trace *t)
{
    if (!r->in_keys)
        r->last->count--;
    t->count--;
    r->count--;
}

/* As trace_build() chooses: the earliest that nobody called, else the earliest of all. */
static bool is_root(const struct reading *r, const uint8_t parent[8], uint64_t start_ns)
{
    bool real = id_is_zero(parent, 8);

    return real != r->root_real ? real : start_ns < r->root_ns;
}

static void note_root(struct reading *r, const uint8_t parent[8], uint64_t start_ns)
{
    if (!is_root(r, parent, start_ns))
        return;
    r->root_real = id_is_zero(parent, 8);
    r->root_ns = start_ns;
}

/* Attributes may be large: half of the arena is for what is made of the spans. */
static bool is_full(const struct reading *r, const struct span_trace *t)
{
    return r->count >= r->limit || t->count >= r->each ||
           r->c->arena->taken - r->set_aside >= API_ARENA_MAX / 2;
}

/* ---- what there is no room for ---- */

/* `s`, which `at` is before, takes the place of the one that was there. */
static bool keep_late(struct reading *r, const struct span_bundle *b, struct span_cursor *at,
                      const struct span_brief *s, struct span_trace *t)
{
    struct span whole;

    if (r->c->arena->taken - r->set_aside > API_ARENA_MAX / 4 * 3 ||
        (!r->in_keys && !span_cursor_next(at, &whole)))
        return true;
    if (r->late)
        drop_last(r, t);
    note_root(r, s->parent_id, s->start_ns);
    r->late = true;
    r->late_failed = (s->flags & SPAN_ERROR) != 0;
    return r->in_keys ? keep_key(r, b, s, t) : keep(r, &whole, t);
}

static struct trace_service *rest_service(struct reading *r, struct span_trace *t,
                                          const struct span_bundle *b, uint32_t resource)
{
    struct arena *a = r->c->arena;
    struct trace_service *s =
        trace_summary_service(&t->rest, b->tables.resources[resource].service, a);

    if (s && !s->spans)
        s->name = arena_text(a, s->name); /* the block's will be gone */
    return s;
}

/* Count the rest of a group, and look for the root in it. */
static bool count_rest(struct reading *r, const struct span_bundle *b, struct span_cursor *cursor,
                       struct span_trace *t)
{
    struct trace_service *service = NULL;
    struct trace_summary *rest = &t->rest;
    struct span_cursor before = *cursor;
    uint32_t resource = UINT32_MAX;
    struct span_brief s;

    for (; span_cursor_brief(cursor, &s); before = *cursor) {
        bool failed = (s.flags & SPAN_ERROR) != 0;

        if (is_root(r, s.parent_id, s.start_ns) && !keep_late(r, b, &before, &s, t))
            return false;
        if (s.resource != resource)
            service = rest_service(r, t, b, resource = s.resource);
        if (service) {
            service->spans++;
            service->errors += failed;
        }
        if (!rest->spans++ || s.start_ns < rest->start_ns)
            rest->start_ns = s.start_ns;
        if (s.end_ns > rest->end_ns)
            rest->end_ns = s.end_ns;
        rest->errors += failed;
    }
    return !arena_spent(r->c->arena);
}

/* The root that was kept after all is none of them. */
static void uncount_late(struct reading *r)
{
    const struct span_trace *t = &r->traces[0];
    struct trace_summary *rest = &r->traces[0].rest;
    const struct resource *from;
    struct trace_service *s;

    if (!r->late)
        return;
    from = r->in_keys ? t->keys[t->count - 1].resource : t->spans[t->count - 1].resource;
    rest->spans--;
    rest->errors -= r->late_failed;
    s = trace_summary_service(rest, from->service, r->c->arena);
    if (s && s->spans) {
        s->spans--;
        s->errors -= r->late_failed;
    }
}

bool span_store_summary(struct api_call *c, const struct span_trace *t, const struct trace *tree,
                        struct trace_summary *out)
{
    return trace_summarise(tree, c->arena, out) && trace_summary_add(out, &t->rest, c->arena);
}

/* ---- */

static bool read_spans(struct reading *r, struct span_cursor *cursor, struct span_trace *t)
{
    struct span s;

    while (!is_full(r, t) && span_cursor_next(cursor, &s)) {
        if (r->span && memcmp(s.span_id, r->span, 8) != 0)
            continue;
        note_root(r, s.parent_id, s.start_ns);
        if (!keep(r, &s, t))
            return false;
    }
    return true;
}

static bool read_keys(struct reading *r, const struct span_bundle *b, struct span_cursor *cursor,
                      struct span_trace *t)
{
    uint32_t first = t->count;
    struct span_brief s;

    while (!is_full(r, t) && span_cursor_brief(cursor, &s)) {
        note_root(r, s.parent_id, s.start_ns);
        if (!keep_key(r, b, &s, t))
            return false;
        if (s.parent_row != SPAN_NO_ROW)
            t->keys[t->count - 1].parent_at = first + s.parent_row;
    }
    return true;
}

static bool read_group(struct reading *r, const struct span_bundle *b, const struct span_group *g,
                       struct span_trace *t)
{
    struct span_cursor cursor;

    t->stored += g->spans;
    span_cursor_open(&cursor, b, g, query_scratch(r->c->q));
    if (!(r->in_keys ? read_keys(r, b, &cursor, t) : read_spans(r, &cursor, t)))
        return false;
    return r->trace_count > 1 || r->span || count_rest(r, b, &cursor, t);
}

/* False: the arena is spent. A record that is damaged is not there. */
static bool read_record(struct reading *r, struct text record)
{
    struct span_bundle b;

    if (!any_wanted(r, record) || !span_bundle_open(record, query_scratch(r->c->q), &b) ||
        !api_project_by_id(r->c, b.head.project))
        return true;
    span_copier_record(r->copier, b.head.project, b.head.received_ms);
    for (uint32_t i = 0; i < b.head.traces; i++) {
        struct span_trace *t = wanted(r, b.groups[i].trace_id);

        if (t && !read_group(r, &b, &b.groups[i], t))
            return false;
    }
    return true;
}

/* The newest first: where not all of several traces is read, their roots most often came last. */
static bool read_blocks(struct reading *r, const struct block_ref *refs, uint32_t count)
{
    for (uint32_t i = count; i-- > 0;) {
        struct block_view view;

        if (!block_load(r->c, &refs[i], &view))
            continue;
        span_copier_block(r->copier, block_at_of(&refs[i]));
        for (uint32_t k = 0; k < view.count; k++)
            if (!read_record(r, view.records[k]))
                return false;
    }
    return true;
}

/* Spans of several traces lie mixed, in chunks: part them, keeping their order. */
static bool part(struct reading *r)
{
    struct span *spans;
    uint32_t *next = arena_zero(r->c->arena, r->trace_count, sizeof *next);

    if (r->in_keys)
        return true;
    if (r->trace_count == 1 && r->first && !r->first->next) {
        r->traces[0].spans = r->first->spans;
        return true;
    }
    spans = arena_alloc(r->c->arena, r->count * sizeof *spans);
    if (!next || !spans)
        return false;
    for (uint32_t i = 0, at = 0; i < r->trace_count; i++) {
        next[i] = at;
        r->traces[i].spans = spans + at;
        at += r->traces[i].count;
    }
    for (const struct chunk *k = r->first; k; k = k->next)
        for (uint32_t i = 0; i < k->count; i++)
            spans[next[k->owner[i]]++] = k->spans[i];
    return true;
}

static bool begin(struct reading *r, enum span_depth depth, struct block_sought **sought)
{
    struct arena *a = r->c->arena;

    r->by_id = arena_alloc(a, r->trace_count * sizeof *r->by_id);
    r->copier = span_copier_new(a, depth);
    *sought = arena_alloc(a, r->trace_count * sizeof **sought);
    if (arena_spent(a))
        return false;
    for (uint32_t i = 0; i < r->trace_count; i++) {
        r->traces[i].count = r->traces[i].stored = 0;
        r->traces[i].rest = (struct trace_summary){.spans = 0};
        r->by_id[i] = i;
        (*sought)[i] = (struct block_sought){r->traces[i].id, r->traces[i].since_ms};
    }
    qsort_r(r->by_id, r->trace_count, sizeof *r->by_id, by_id, r->traces);
    return true;
}

static bool read_all(struct reading *r, enum span_depth depth)
{
    const struct block_ref *refs;
    struct block_sought *sought;
    uint32_t places;

    r->root_ns = UINT64_MAX;
    if (!begin(r, depth, &sought) ||
        !(refs = block_of_traces(r->c, RECORD_SPANS, sought, r->trace_count, &places)) ||
        !read_blocks(r, refs, places) || !part(r))
        return false;
    uncount_late(r);
    return !r->c->refused;
}

bool span_store_read(struct api_call *c, struct span_trace *traces, uint32_t count,
                     enum span_depth depth, uint32_t limit)
{
    struct reading r = {.c = c, .traces = traces, .trace_count = count, .limit = limit};

    r.each = count > 1 ? limit / 8 : limit;

    return count == 0 || read_all(&r, depth);
}

bool span_store_span(struct api_call *c, const uint8_t trace[16], const uint8_t span[8],
                     struct span_trace *out)
{
    struct reading r = {.c = c, .traces = out, .trace_count = 1, .span = span};

    r.limit = r.each = SPAN_COPIES_MAX;
    *out = (struct span_trace){.count = 0};
    memcpy(out->id, trace, 16);
    return read_all(&r, SPANS_WHOLE);
}

bool span_store_trace(struct api_call *c, const uint8_t id[16], struct span_trace *out,
                      struct trace *tree)
{
    *out = (struct span_trace){.count = 0};
    memcpy(out->id, id, 16);
    return span_store_read(c, out, 1, SPANS_WHOLE, TRACE_WHOLE_MAX) &&
           trace_build(out->spans, out->count, c->arena, tree);
}

bool span_store_tree(struct api_call *c, const uint8_t id[16], struct span_trace *out,
                     struct trace *tree)
{
    struct reading r = {.c = c, .traces = out, .trace_count = 1, .in_keys = true};

    r.limit = r.each = TRACE_ROWS_MAX;
    r.set_aside = (TRACE_ROWS_MAX + 1) * sizeof *out->keys;
    *out = (struct span_trace){.keys = arena_alloc(c->arena, r.set_aside)};
    memcpy(out->id, id, 16);
    return out->keys && read_all(&r, SPANS_OUTLINE) &&
           trace_build_keys(out->keys, out->count, c->arena, tree);
}

/* ---- log records ---- */

static bool read_logs(struct api_call *c, struct text record, const uint8_t id[16],
                      bool (*each)(void *own, const struct logrec *l, uint32_t project), void *own)
{
    struct log_bundle b;
    struct log_cursor cursor;
    struct logrec l;

    if (!log_bundle_has(record, id) || !log_bundle_open(record, query_scratch(c->q), &b) ||
        !api_project_by_id(c, b.head.project))
        return true;
    log_cursor_open(&cursor, &b, query_scratch(c->q));
    while (log_cursor_next(&cursor, &l))
        if (memcmp(l.trace_id, id, 16) == 0 && !each(own, &l, b.head.project))
            return false;
    return true;
}

bool span_store_logs(struct api_call *c, const uint8_t id[16],
                     bool (*each)(void *own, const struct logrec *l, uint32_t project), void *own)
{
    uint32_t count;
    const struct block_sought sought = {.id = id};
    const struct block_ref *refs = block_of_traces(c, RECORD_LOGS, &sought, 1, &count);

    for (uint32_t i = 0; refs && i < count; i++) {
        struct block_view view;

        if (!block_load(c, &refs[i], &view))
            continue;
        for (uint32_t k = 0; k < view.count; k++)
            if (!read_logs(c, view.records[k], id, each, own))
                return true;
    }
    return refs != NULL;
}

/* ---- ids ---- */

bool span_trace_id(struct text t, uint8_t out[16])
{
    memset(out, 0, 16);
    if (t.len == 16)
        return hex_read_id(t, out + 8, 8);
    return uuid_read(t, out) && !id_is_zero(out, 16);
}

bool span_span_id(struct text t, uint8_t out[8])
{
    return hex_read_id(t, out, 8);
}
