/* record_span.c -- packing spans: grouped by trace, sorted by start, parents as distances. */
#include "proto/record_span.h"

#include <endian.h>
#include <stdlib.h>

#include "proto/limits.h"
#include "proto/record_span_head.h"

#define TRACES_MAX 1024 /* in one bundle; half the index */
#define TRACE_INDEX 2048
#define NONE UINT32_MAX
#define PARENT_REACH 128 /* rows looked back for a parent, else its id is written */
#define PACKER_BUDGET (16 * MIB)

struct packed_event {
    uint64_t time_ns;
    uint32_t name;
    struct bundle_list list;
};

struct packed_link {
    uint8_t ids[24];
    uint32_t otel_flags, state;
    struct bundle_list list;
};

struct extra {
    struct packed_event *events;
    struct packed_link *links;
    uint32_t event_count, link_count;
    uint32_t dropped_attrs, dropped_events, dropped_links;
};

struct row {
    struct bundle_row row;
    uint8_t span_id[8], parent_id[8];
    uint64_t start_ns, end_ns;
    struct extra *extra;
    uint32_t trace, next; /* in the order of arrival */
};

struct trace {
    uint8_t id[16];
    uint32_t first, last, count;
    uint64_t start_ns;
    size_t bytes; /* of its rows, once written */
};

struct span_packer {
    uint32_t project;
    int64_t received_ms;
    struct row **rows; /* each stays where it is: `like` points into it */
    uint32_t count, room;
    struct trace traces[TRACES_MAX];
    uint32_t trace_count;
    uint32_t trace_index[TRACE_INDEX];
    uint64_t first_ns, last_ns;
    bool fine; /* some time is no whole microsecond */
    struct bundle_writer bundle;
};

struct span_packer *span_packer_new(void)
{
    struct span_packer *p = malloc(sizeof *p);

    if (p) {
        bundle_init(&p->bundle, PACKER_BUDGET);
        span_packer_open(p, 0, 0, NULL);
    }
    return p;
}

void span_packer_free(struct span_packer *p)
{
    if (p)
        bundle_free(&p->bundle);
    free(p);
}

void span_packer_open(struct span_packer *p, uint32_t project, int64_t received_ms,
                      const struct attr_filter *filter)
{
    p->project = project;
    p->received_ms = received_ms;
    p->rows = NULL;
    p->count = p->room = p->trace_count = 0;
    p->first_ns = UINT64_MAX;
    p->last_ns = 0;
    p->fine = false;
    memset(p->trace_index, 0xff, sizeof p->trace_index);
    bundle_reset(&p->bundle);
    p->bundle.filter = filter;
}

uint32_t span_packer_count(const struct span_packer *p)
{
    return p->count;
}

/* ---- adding ---- */

static size_t size_of(const struct span *s)
{
    size_t size = s->name.len + s->op.len + s->status_message.len + s->trace_state.len;

    size += attrs_size(&s->attrs);
    for (uint32_t i = 0; i < s->event_count; i++)
        size += s->events[i].name.len + 16 + attrs_size(&s->events[i].attrs);
    for (uint32_t i = 0; i < s->link_count; i++)
        size += 32 + s->links[i].trace_state.len + attrs_size(&s->links[i].attrs);
    return size;
}

/* A span that is too large loses links, then events, then attributes, from the end; all counted. */
static void shrink(struct span *s)
{
    while (s->link_count && size_of(s) > SPAN_BYTES_MAX) {
        uint32_t half = (s->link_count + 1) / 2;

        s->link_count -= half;
        s->dropped_links += half;
    }
    while (s->event_count && size_of(s) > SPAN_BYTES_MAX) {
        uint32_t half = (s->event_count + 1) / 2;

        s->event_count -= half;
        s->dropped_events += half;
    }
    if (size_of(s) > SPAN_BYTES_MAX)
        attrs_fit(&s->attrs, SPAN_BYTES_MAX / 2);
    s->flags |= SPAN_CUT;
}

static uint32_t trace_of(struct span_packer *p, const uint8_t *id)
{
    uint32_t hash;
    struct trace *t;

    memcpy(&hash, id + 12, 4); /* the right half: 64-bit ids are padded on the left */
    hash *= 0x9e3779b1u;
    for (uint32_t at = hash >> 21;; at = (at + 1) % TRACE_INDEX) {
        if (p->trace_index[at] != NONE) {
            if (memcmp(p->traces[p->trace_index[at]].id, id, 16) == 0)
                return p->trace_index[at];
            continue;
        }
        p->trace_index[at] = p->trace_count;
        t = &p->traces[p->trace_count];
        *t = (struct trace){.first = NONE, .start_ns = UINT64_MAX};
        memcpy(t->id, id, 16);
        p->bundle.estimate += 22;
        return p->trace_count++;
    }
}

static bool pack_events(struct bundle_writer *w, const struct span *s, struct extra *x)
{
    if (!(x->events = arena_zero(&w->arena, s->event_count, sizeof *x->events)))
        return false;
    for (uint32_t i = 0; i < s->event_count; i++) {
        struct packed_event *e = &x->events[x->event_count++];

        e->time_ns = s->events[i].time_ns;
        e->name = bundle_intern(w, s->events[i].name);
        if (e->name == BUNDLE_NONE || !bundle_list_from(w, &s->events[i].attrs, &e->list))
            return false;
    }
    return true;
}

static bool pack_links(struct bundle_writer *w, const struct span *s, struct extra *x)
{
    if (!(x->links = arena_zero(&w->arena, s->link_count, sizeof *x->links)))
        return false;
    for (uint32_t i = 0; i < s->link_count; i++) {
        struct packed_link *l = &x->links[x->link_count++];

        memcpy(l->ids, s->links[i].trace_id, 16);
        memcpy(l->ids + 16, s->links[i].span_id, 8);
        l->otel_flags = s->links[i].otel_flags;
        l->state = bundle_intern(w, s->links[i].trace_state);
        if (l->state == BUNDLE_NONE || !bundle_list_from(w, &s->links[i].attrs, &l->list))
            return false;
        w->estimate += 30;
    }
    return true;
}

static bool has_extra(const struct span *s)
{
    return s->event_count || s->link_count || s->attrs.dropped || s->dropped_events ||
           s->dropped_links;
}

static struct extra *pack_extra(struct bundle_writer *w, const struct span *s)
{
    struct extra *x = arena_zero(&w->arena, 1, sizeof *x);

    if (!x || !pack_events(w, s, x) || !pack_links(w, s, x))
        return NULL;
    x->dropped_attrs = s->attrs.dropped;
    x->dropped_events = s->dropped_events;
    x->dropped_links = s->dropped_links;
    return x;
}

static bool pack_row(struct span_packer *p, const struct span *s, struct row *row)
{
    struct bundle_writer *w = &p->bundle;
    struct attr name = {.kind = ATTR_STRING, .text = s->name};
    uint32_t last = bundle_row_begin(w, &name), head;

    bundle_row_like(w, last < p->count ? &p->rows[last]->row : NULL);
    bundle_row_field(w, FIELD_OP, s->op);
    bundle_row_field(w, FIELD_MESSAGE, s->status_message);
    bundle_row_field(w, FIELD_STATE, s->trace_state);
    if (s->weight != 1)
        bundle_row_real(w, FIELD_WEIGHT, s->weight);
    bundle_row_attrs(w, &s->attrs);
    head = head_make(s->kind, s->code, s->status, s->flags, has_extra(s));
    if (has_extra(s) && !(row->extra = pack_extra(w, s)))
        return false;
    return bundle_row_end(w, bundle_resource(w, s->resource), bundle_scope(w, s->scope), head,
                          s->otel_flags, &row->row);
}

static void chain(struct span_packer *p, struct row *row, uint32_t number)
{
    struct trace *t = &p->traces[row->trace];

    if (t->first == NONE)
        t->first = number;
    else
        p->rows[t->last]->next = number;
    t->last = number;
    t->count++;
    if (row->start_ns < t->start_ns)
        t->start_ns = row->start_ns;
    if (row->start_ns < p->first_ns)
        p->first_ns = row->start_ns;
    if (row->end_ns > p->last_ns)
        p->last_ns = row->end_ns;
    p->fine |= row->start_ns % 1000 || row->end_ns % 1000;
}

enum pack_rc span_packer_add(struct span_packer *p, const struct span *s)
{
    struct bundle_writer *w = &p->bundle;
    size_t size = size_of(s);
    struct span smaller;
    struct row **rows, *row;

    if (size > SPAN_BYTES_MAX) {
        smaller = *s;
        shrink(&smaller);
        s = &smaller;
        size = SPAN_BYTES_MAX;
    }
    if (p->count &&
        (w->estimate + size > BUNDLE_BYTES + SPAN_BYTES_MAX / 16 || w->estimate > BUNDLE_BYTES ||
         p->count == BUNDLE_ITEMS_MAX || p->trace_count == TRACES_MAX))
        return PACK_FULL;
    rows = bundle_grow(w, p->rows, p->count, &p->room, sizeof *rows);
    if (!rows || !(row = arena_alloc(&w->arena, sizeof *row)))
        return PACK_SPENT;
    p->rows = rows;
    *row = (struct row){.start_ns = s->start_ns, .end_ns = s->end_ns, .next = NONE};
    memcpy(row->span_id, s->span_id, 8);
    memcpy(row->parent_id, s->parent_id, 8);
    if (!pack_row(p, s, row))
        return PACK_SPENT;
    row->trace = trace_of(p, s->trace_id);
    p->rows[p->count] = row;
    chain(p, row, p->count++);
    return PACK_OK;
}

/* ---- writing ---- */

static void count_extra(struct bundle_writer *w, const struct extra *x)
{
    for (uint32_t i = 0; i < x->event_count; i++) {
        bundle_count_text(w, x->events[i].name);
        bundle_count_list(w, &x->events[i].list);
    }
    for (uint32_t i = 0; i < x->link_count; i++) {
        bundle_count_text(w, x->links[i].state);
        bundle_count_list(w, &x->links[i].list);
    }
}

static void write_extra(struct bundle_writer *w, const struct row *row, struct buf *out)
{
    const struct extra *x = row->extra;

    put_varint(out, x->dropped_attrs);
    put_varint(out, x->dropped_events);
    put_varint(out, x->dropped_links);
    put_varint(out, x->event_count);
    for (uint32_t i = 0; i < x->event_count; i++) {
        put_varint(out, zigzag((int64_t)(x->events[i].time_ns - row->start_ns)));
        bundle_write_text(w, x->events[i].name, out);
        bundle_write_list(w, &x->events[i].list, out);
    }
    put_varint(out, x->link_count);
    for (uint32_t i = 0; i < x->link_count; i++) {
        buf_add(out, x->links[i].ids, 24);
        put_varint(out, x->links[i].otel_flags);
        bundle_write_text(w, x->links[i].state, out);
        bundle_write_list(w, &x->links[i].list, out);
    }
}

static int by_start(const void *a, const void *b)
{
    const struct row *x = *(struct row *const *)a, *y = *(struct row *const *)b;

    return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

/* The rows of a trace in order of start; parents then mostly stand close before their children. */
static uint32_t sort_rows(struct span_packer *p, const struct trace *t, struct row **out)
{
    uint32_t n = 0;
    bool sorted = true;

    for (uint32_t i = t->first; i != NONE; i = p->rows[i]->next) {
        out[n++] = p->rows[i];
        sorted &= n < 2 || out[n - 2]->start_ns <= out[n - 1]->start_ns;
    }
    if (!sorted)
        qsort(out, n, sizeof *out, by_start);
    return n;
}

static void write_parent(struct row *const *rows, uint32_t at, struct buf *out)
{
    const uint8_t *parent = rows[at]->parent_id;

    if (id_is_zero(parent, 8)) {
        put_varint(out, 0);
        return;
    }
    for (uint32_t back = 1; back <= at && back <= PARENT_REACH; back++)
        if (memcmp(rows[at - back]->span_id, parent, 8) == 0) {
            put_varint(out, back + 1);
            return;
        }
    put_varint(out, 1);
    buf_add(out, parent, 8);
}

static void write_group(struct span_packer *p, struct trace *t, uint64_t unit, struct row **rows,
                        struct buf *out)
{
    uint32_t n = sort_rows(p, t, rows);
    uint64_t start = t->start_ns / unit;
    size_t before = out->len;

    for (uint32_t i = 0; i < n; i++) {
        put_varint(out, rows[i]->row.shape);
        buf_add(out, rows[i]->span_id, 8);
        write_parent(rows, i, out);
        put_varint(out, rows[i]->start_ns / unit - start);
        put_varint(out, rows[i]->end_ns / unit - rows[i]->start_ns / unit);
        start = rows[i]->start_ns / unit;
        bundle_write_row(&p->bundle, &rows[i]->row, out);
        if (rows[i]->extra)
            write_extra(&p->bundle, rows[i], out);
    }
    t->bytes = out->len - before;
}

static void write_head(struct span_packer *p, uint64_t unit, struct buf *out)
{
    uint8_t fixed[SPAN_FIXED] = {SPAN_VERSION, unit == 1000};
    uint32_t project = htole32(p->project);
    uint64_t received = htole64((uint64_t)p->received_ms);

    memcpy(fixed + 4, &project, 4);
    memcpy(fixed + 8, &received, 8);
    buf_add(out, fixed, sizeof fixed);
    put_varint(out, p->first_ns / unit);
    put_varint(out, p->last_ns / unit - p->first_ns / unit);
    put_varint(out, p->count);
    put_varint(out, p->trace_count);
    for (uint32_t i = 0; i < p->trace_count; i++) {
        const struct trace *t = &p->traces[i];

        buf_add(out, t->id, 16);
        put_varint(out, t->start_ns / unit - p->first_ns / unit);
        put_varint(out, t->count);
        put_varint(out, t->bytes);
    }
}

void span_packer_finish(struct span_packer *p, struct buf *out)
{
    struct bundle_writer *w = &p->bundle;
    uint64_t unit = p->fine ? 1 : 1000;
    struct row **sorted = arena_alloc(&w->arena, p->count * sizeof *sorted);
    struct buf tables, rows;

    if (!p->count)
        p->first_ns = 0;
    buf_init(&tables, &w->arena, 16 * KIB, RECORD_MAX);
    buf_init(&rows, &w->arena, 64 * (size_t)p->count, RECORD_MAX);
    for (uint32_t i = 0; i < p->count; i++) {
        bundle_count_row(w, &p->rows[i]->row);
        if (p->rows[i]->extra)
            count_extra(w, p->rows[i]->extra);
    }
    bundle_write_tables(w, &tables);
    for (uint32_t i = 0; sorted && i < p->trace_count; i++)
        write_group(p, &p->traces[i], unit, sorted, &rows);
    write_head(p, unit, out);
    buf_add(out, tables.at, tables.len);
    buf_add(out, rows.at, rows.len);
    out->failed |= tables.failed || rows.failed || !sorted;
    span_packer_open(p, p->project, p->received_ms, p->bundle.filter);
}
