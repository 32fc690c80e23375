/* record_log.c -- packing log records, and reading them back. */
#include "proto/record_log.h"

#include <endian.h>
#include <stdlib.h>

#include "proto/limits.h"

#define VERSION 1
#define FIXED 16
#define TRACES_MAX 1024
#define NONE UINT32_MAX
#define PACKER_BUDGET (16 * MIB)

/* The head word of a shape: severity 5 bits, flags 8, then what stands in the row. */
#define HEAD_OBSERVED (1u << 13)
#define HEAD_TRACE (1u << 14)
#define HEAD_SPAN (1u << 15)

struct row {
    struct bundle_row row;
    uint64_t time_ns, observed_ns;
    uint8_t span_id[8];
    uint32_t trace; /* NONE: none */
    uint32_t number;
};

struct trace {
    uint8_t id[16];
    uint32_t count;
};

struct log_packer {
    uint32_t project;
    int64_t received_ms;
    struct row **rows;
    uint32_t count, room;
    struct trace traces[TRACES_MAX];
    uint32_t trace_count;
    struct bundle_writer bundle;
};

struct log_packer *log_packer_new(void)
{
    struct log_packer *p = malloc(sizeof *p);

    if (p) {
        bundle_init(&p->bundle, PACKER_BUDGET);
        log_packer_open(p, 0, 0, NULL);
    }
    return p;
}

void log_packer_free(struct log_packer *p)
{
    if (p)
        bundle_free(&p->bundle);
    free(p);
}

void log_packer_open(struct log_packer *p, uint32_t project, int64_t received_ms,
                     const struct attr_filter *filter)
{
    p->project = project;
    p->received_ms = received_ms;
    p->rows = NULL;
    p->count = p->room = p->trace_count = 0;
    bundle_reset(&p->bundle);
    p->bundle.filter = filter;
}

uint32_t log_packer_count(const struct log_packer *p)
{
    return p->count;
}

/* Logs of one process at one time speak of few traces, the latest ones mostly. */
static uint32_t trace_of(struct log_packer *p, const uint8_t *id)
{
    struct trace *t;

    for (uint32_t i = p->trace_count; i-- > 0;)
        if (memcmp(p->traces[i].id, id, 16) == 0) {
            p->traces[i].count++;
            return i;
        }
    t = &p->traces[p->trace_count];
    memcpy(t->id, id, 16);
    t->count = 1;
    p->bundle.estimate += 17;
    return p->trace_count++;
}

static bool pack_row(struct log_packer *p, const struct logrec *l, struct row *row)
{
    struct bundle_writer *w = &p->bundle;
    uint32_t last = bundle_row_begin(w, &l->body), head = l->severity | (uint32_t)l->flags << 5;

    if (last >= p->count && p->count)
        last = p->count - 1;
    bundle_row_like(w, last < p->count ? &p->rows[last]->row : NULL);
    bundle_row_field(w, FIELD_MESSAGE, l->severity_text);
    bundle_row_field(w, FIELD_STATE, l->event_name);
    bundle_row_attrs(w, &l->attrs);
    head |= l->observed_ns ? HEAD_OBSERVED : 0;
    head |= id_is_zero(l->trace_id, 16) ? 0 : HEAD_TRACE;
    head |= id_is_zero(l->span_id, 8) ? 0 : HEAD_SPAN;
    return bundle_row_end(w, bundle_resource(w, l->resource), bundle_scope(w, l->scope), head,
                          l->otel_flags, &row->row);
}

enum pack_rc log_packer_add(struct log_packer *p, const struct logrec *l)
{
    struct bundle_writer *w = &p->bundle;
    size_t size = l->body.text.len + attrs_size(&l->attrs);
    struct logrec smaller;
    struct row **rows, *row;

    if (size > SPAN_BYTES_MAX) {
        smaller = *l;
        attrs_fit(&smaller.attrs, SPAN_BYTES_MAX / 2);
        smaller.flags |= LOG_CUT;
        l = &smaller;
        size = SPAN_BYTES_MAX;
    }
    if (p->count &&
        (w->estimate + size > BUNDLE_BYTES + SPAN_BYTES_MAX / 16 || w->estimate > BUNDLE_BYTES ||
         p->count == BUNDLE_ITEMS_MAX || p->trace_count == TRACES_MAX))
        return PACK_FULL;
    rows = bundle_grow(w, p->rows, p->count, &p->room, sizeof *rows);
    if (!rows || !(row = arena_zero(&w->arena, 1, sizeof *row)))
        return PACK_SPENT;
    p->rows = rows;
    row->time_ns = l->time_ns;
    row->observed_ns = l->observed_ns;
    row->number = p->count;
    memcpy(row->span_id, l->span_id, 8);
    if (!pack_row(p, l, row))
        return PACK_SPENT;
    row->trace = id_is_zero(l->trace_id, 16) ? NONE : trace_of(p, l->trace_id);
    p->rows[p->count++] = row;
    return PACK_OK;
}

/* ---- writing ---- */

static int by_time(const void *a, const void *b)
{
    const struct row *x = *(struct row *const *)a, *y = *(struct row *const *)b;

    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return x->number < y->number ? -1 : 1; /* of the same time: as they came */
}

static void write_row(struct log_packer *p, const struct row *row, uint64_t before, struct buf *out)
{
    const struct bundle_shape *shape = &p->bundle.shapes[row->row.shape];

    put_varint(out, row->row.shape);
    put_varint(out, row->time_ns - before);
    if (shape->head & HEAD_OBSERVED)
        put_varint(out, zigzag((int64_t)(row->observed_ns - row->time_ns)));
    if (shape->head & HEAD_TRACE)
        put_varint(out, row->trace);
    if (shape->head & HEAD_SPAN)
        buf_add(out, row->span_id, 8);
    bundle_write_row(&p->bundle, &row->row, out);
}

static void write_head(struct log_packer *p, struct buf *out)
{
    uint8_t fixed[FIXED] = {VERSION};
    uint32_t project = htole32(p->project);
    uint64_t received = htole64((uint64_t)p->received_ms);
    uint64_t first = p->count ? p->rows[0]->time_ns : 0;

    memcpy(fixed + 4, &project, 4);
    memcpy(fixed + 8, &received, 8);
    buf_add(out, fixed, sizeof fixed);
    put_varint(out, first);
    put_varint(out, p->count ? p->rows[p->count - 1]->time_ns - first : 0);
    put_varint(out, p->count);
    put_varint(out, p->trace_count);
    for (uint32_t i = 0; i < p->trace_count; i++) {
        buf_add(out, p->traces[i].id, 16);
        put_varint(out, p->traces[i].count);
    }
}

void log_packer_finish(struct log_packer *p, struct buf *out)
{
    struct bundle_writer *w = &p->bundle;

    for (uint32_t i = 0; i < p->count; i++)
        bundle_count_row(w, &p->rows[i]->row);
    if (p->count)
        qsort(p->rows, p->count, sizeof *p->rows, by_time);
    write_head(p, out);
    bundle_write_tables(w, out);
    for (uint32_t i = 0; i < p->count; i++)
        write_row(p, p->rows[i], p->rows[i ? i - 1 : 0]->time_ns, out);
    log_packer_open(p, p->project, p->received_ms, p->bundle.filter);
}

/* ---- reading ---- */

static bool read_head(struct text record, struct log_head *out, struct wire *w)
{
    uint32_t project;
    uint64_t received, first, extent, logs, traces;

    if (record.len < FIXED || record.at[0] != VERSION)
        return false;
    memcpy(&project, record.at + 4, 4);
    memcpy(&received, record.at + 8, 8);
    *w = wire_open(text_cut(record, FIXED, record.len));
    first = wire_varint(w);
    extent = wire_varint(w);
    logs = wire_varint(w);
    traces = wire_varint(w);
    if (w->bad || logs > record.len / 2 || traces > (size_t)(w->end - w->at) / 17 ||
        first > INT64_MAX || extent > INT64_MAX - first)
        return false;
    *out = (struct log_head){.project = le32toh(project),
                             .received_ms = (int64_t)le64toh(received),
                             .first_ns = first,
                             .last_ns = first + extent,
                             .logs = (uint32_t)logs,
                             .traces = (uint32_t)traces};
    return true;
}

bool log_bundle_head(struct text record, struct log_head *out)
{
    struct wire w;

    return read_head(record, out, &w);
}

void log_bundle_digest(struct text record, uint8_t out[16])
{
    span_bundle_digest(record, out); /* the fixed part is laid out alike */
}

uint32_t log_bundle_has(struct text record, const uint8_t trace_id[16])
{
    struct log_head head;
    struct wire w;

    if (!read_head(record, &head, &w))
        return 0;
    for (uint32_t i = 0; i < head.traces; i++) {
        struct text id = wire_bytes(&w, 16);
        uint64_t count = wire_varint(&w);

        if (w.bad)
            return 0;
        if (memcmp(id.at, trace_id, 16) == 0)
            return (uint32_t)count;
    }
    return 0;
}

bool log_bundle_open(struct text record, struct arena *a, struct log_bundle *out)
{
    struct wire w;

    memset(out, 0, sizeof *out);
    if (!read_head(record, &out->head, &w))
        return false;
    out->record = record;
    if (!(out->traces = arena_alloc(a, out->head.traces * sizeof *out->traces)))
        return false;
    for (uint32_t i = 0; i < out->head.traces; i++) {
        struct text id = wire_bytes(&w, 16);

        wire_varint(&w);
        if (w.bad)
            return false;
        out->traces[i] = (const uint8_t *)id.at;
    }
    if (!bundle_read_tables(&w, a, &out->tables))
        return false;
    out->rows = w;
    return true;
}

void log_cursor_open(struct log_cursor *c, const struct log_bundle *b, struct arena *a)
{
    *c = (struct log_cursor){.bundle = b, .w = b->rows, .arena = a, .time_ns = b->head.first_ns};
}

/* Ids and times. */
static bool read_fixed(struct log_cursor *c, uint32_t head, struct logrec *out)
{
    struct text span;
    uint64_t trace;

    if (head & HEAD_OBSERVED)
        out->observed_ns = out->time_ns + (uint64_t)unzigzag(wire_varint(&c->w));
    if (head & HEAD_TRACE) {
        trace = wire_varint(&c->w);
        if (trace >= c->bundle->head.traces)
            return false;
        memcpy(out->trace_id, c->bundle->traces[trace], 16);
    }
    if (head & HEAD_SPAN) {
        span = wire_bytes(&c->w, 8);
        if (!span.at)
            return false;
        memcpy(out->span_id, span.at, 8);
    }
    return !c->w.bad;
}

static bool read_row(struct log_cursor *c, struct logrec *out)
{
    const struct bundle_shape_view *shape = bundle_read_shape(&c->w, &c->bundle->tables);
    uint64_t behind = wire_varint(&c->w);
    struct attr fields[FIELDS];

    if (!shape || behind > INT64_MAX - c->time_ns)
        return false;
    *out = (struct logrec){.time_ns = c->time_ns += behind,
                           .severity = shape->head & 31,
                           .flags = (uint8_t)(shape->head >> 5),
                           .otel_flags = shape->otel_flags,
                           .resource = &c->bundle->tables.resources[shape->resource],
                           .scope = shape->scope};
    out->attrs.at = arena_alloc(c->arena, shape->attr_count * sizeof(struct attr));
    if (!out->attrs.at || !read_fixed(c, shape->head, out) ||
        !bundle_read_row(&c->w, &c->bundle->tables, shape, fields, out->attrs.at))
        return false;
    out->attrs.count = shape->attr_count;
    out->body = fields[FIELD_NAME];
    out->severity_text = fields[FIELD_MESSAGE].text;
    out->event_name = fields[FIELD_STATE].text;
    return true;
}

bool log_cursor_next(struct log_cursor *c, struct logrec *out)
{
    if (c->failed || c->row == c->bundle->head.logs)
        return false;
    c->row++;
    c->failed = !read_row(c, out);
    return !c->failed;
}
