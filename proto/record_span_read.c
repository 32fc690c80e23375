/* record_span_read.c -- finding a trace in a packed bundle, and walking its spans. */
#include <endian.h>

#include "proto/limits.h"
#include "proto/record_span.h"
#include "proto/record_span_head.h"

/* ---- head and directory ---- */

static uint64_t unit_of(struct text record)
{
    return record.at[1] ? 1000 : 1;
}

/* The head; *w then stands at the directory. */
static bool read_head(struct text record, struct span_head *out, struct wire *w)
{
    uint32_t project, unit;
    uint64_t received, first, extent, spans, traces;

    if (record.len < SPAN_FIXED || record.at[0] != SPAN_VERSION || (uint8_t)record.at[1] > 1)
        return false;
    memcpy(&project, record.at + 4, 4);
    memcpy(&received, record.at + 8, 8);
    *w = wire_open(text_cut(record, SPAN_FIXED, record.len));
    first = wire_varint(w);
    extent = wire_varint(w);
    spans = wire_varint(w);
    traces = wire_varint(w);
    unit = (uint32_t)unit_of(record);
    /* A span takes 12 bytes at least, a trace 19. */
    if (w->bad || spans > record.len / 12 || traces > (size_t)(w->end - w->at) / 19 ||
        first > INT64_MAX / unit || extent > INT64_MAX / unit - first)
        return false;
    *out = (struct span_head){.project = le32toh(project),
                              .received_ms = (int64_t)le64toh(received),
                              .first_ns = first * unit,
                              .last_ns = (first + extent) * unit,
                              .spans = (uint32_t)spans,
                              .traces = (uint32_t)traces};
    return true;
}

bool span_bundle_head(struct text record, struct span_head *out)
{
    struct wire w;

    return read_head(record, out, &w);
}

/* One line of the directory, `behind` units after the earliest span. */
static bool read_trace(struct wire *w, struct span_group *g, uint64_t *behind, size_t *bytes)
{
    struct text id = wire_bytes(w, 16);
    uint64_t spans;

    *behind = wire_varint(w);
    spans = wire_varint(w);
    *bytes = wire_varint(w);
    if (w->bad || spans > *bytes / 12)
        return false;
    g->trace_id = (const uint8_t *)id.at;
    g->spans = (uint32_t)spans;
    return true;
}

uint32_t span_bundle_has(struct text record, const uint8_t trace_id[16])
{
    struct span_head head;
    struct wire w;

    if (!read_head(record, &head, &w))
        return 0;
    for (uint32_t i = 0; i < head.traces; i++) {
        struct span_group g;
        uint64_t behind;
        size_t bytes;

        if (!read_trace(&w, &g, &behind, &bytes))
            return 0;
        if (memcmp(g.trace_id, trace_id, 16) == 0)
            return g.spans;
    }
    return 0;
}

bool span_bundle_trace(struct text record, size_t *at, uint8_t trace_id[16], uint32_t *spans)
{
    struct span_head head;
    struct span_group g;
    struct wire w;
    uint64_t behind;
    size_t bytes;

    if (!read_head(record, &head, &w))
        return false;
    if (*at) /* offset of the next line, its number in the upper half */
        w.at = (const uint8_t *)record.at + (uint32_t)*at;
    if (*at >> 32 >= head.traces || !read_trace(&w, &g, &behind, &bytes))
        return false;
    memcpy(trace_id, g.trace_id, 16);
    *spans = g.spans;
    *at = ((*at >> 32) + 1) << 32 | (size_t)(w.at - (const uint8_t *)record.at);
    return true;
}

/* Not for secrecy: it only has to tell apart what one project sends. */
void span_bundle_digest(struct text record, uint8_t out[16])
{
    uint64_t lanes[2] = {0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f}, eight;
    size_t at = 0;

    for (; at < record.len; at += at == 0 ? SPAN_FIXED : 8) {
        size_t len = record.len - at < 8 ? record.len - at : 8;

        eight = 0;
        memcpy(&eight, record.at + at,
               len); /* version, unit and project first; never received_ms */
        for (int i = 0; i < 2; i++) {
            __uint128_t product = (__uint128_t)(lanes[i] ^ eight) * (0xbf58476d1ce4e5b9 + 2 * i);

            lanes[i] = (uint64_t)product ^ (uint64_t)(product >> 64) ^ (uint64_t)i;
        }
    }
    memcpy(out, lanes, 16);
}

/* ---- opening ---- */

bool span_bundle_open(struct text record, struct arena *a, struct span_bundle *out)
{
    struct wire w;
    size_t *bytes, at;

    memset(out, 0, sizeof *out);
    if (!read_head(record, &out->head, &w))
        return false;
    out->unit_ns = unit_of(record);
    out->groups = arena_zero(a, out->head.traces, sizeof *out->groups);
    bytes = arena_alloc(a, out->head.traces * sizeof *bytes);
    if (!out->groups || !bytes)
        return false;
    for (uint32_t i = 0; i < out->head.traces; i++) {
        uint64_t behind;

        if (!read_trace(&w, &out->groups[i], &behind, &bytes[i]) ||
            behind > (INT64_MAX - out->head.first_ns) / out->unit_ns)
            return false;
        out->groups[i].start_ns = out->head.first_ns + behind * out->unit_ns;
    }
    if (!bundle_read_tables(&w, a, &out->tables))
        return false;
    at = (size_t)(w.at - (const uint8_t *)record.at);
    for (uint32_t i = 0; i < out->head.traces; i++) {
        if (bytes[i] > record.len - at)
            return false;
        out->groups[i].rows = text_cut(record, at, bytes[i]);
        at += bytes[i];
    }
    return at == record.len;
}

const struct span_group *span_bundle_group(const struct span_bundle *b, const uint8_t trace_id[16])
{
    for (uint32_t i = 0; i < b->head.traces; i++)
        if (memcmp(b->groups[i].trace_id, trace_id, 16) == 0)
            return &b->groups[i];
    return NULL;
}

/* ---- rows ---- */

void span_cursor_open(struct span_cursor *c, const struct span_bundle *b,
                      const struct span_group *g, struct arena *a)
{
    *c = (struct span_cursor){.bundle = b, .group = g, .arena = a, .w = wire_open(g->rows)};
    c->start = g->start_ns / b->unit_ns;
    c->ids = arena_alloc(a, g->spans * sizeof *c->ids);
    c->failed = !c->ids;
}

static void read_parent(struct span_cursor *c, struct span_brief *out)
{
    uint64_t word = wire_varint(&c->w);

    memset(out->parent_id, 0, 8);
    out->parent_row = SPAN_NO_ROW;
    if (word == 1) {
        struct text id = wire_bytes(&c->w, 8);

        if (id.at)
            memcpy(out->parent_id, id.at, 8);
    } else if (word > 1) {
        if (word - 1 > c->row) {
            c->w.bad = true;
            return;
        }
        out->parent_row = c->row - (uint32_t)(word - 1);
        memcpy(out->parent_id, c->ids[out->parent_row], 8);
    }
}

/* Everything before the values of the row. NULL: no more rows, or damaged ones. */
static const struct bundle_shape_view *read_fixed(struct span_cursor *c, struct span_brief *out)
{
    const struct bundle_shape_view *shape;
    uint64_t unit = c->bundle->unit_ns, start, duration;
    struct text id;

    if (c->failed || c->row == c->group->spans)
        return NULL;
    shape = bundle_read_shape(&c->w, &c->bundle->tables);
    id = wire_bytes(&c->w, 8);
    read_parent(c, out);
    start = wire_varint(&c->w);
    duration = wire_varint(&c->w);
    if (c->w.bad || start > INT64_MAX / unit - c->start)
        return NULL;
    c->start += start;
    if (duration > INT64_MAX / unit - c->start)
        return NULL;
    out->span_id = (const uint8_t *)id.at;
    out->start_ns = c->start * unit;
    out->end_ns = (c->start + duration) * unit;
    c->ids[c->row++] = out->span_id;
    return shape;
}

static bool read_values(struct span_cursor *c, const struct bundle_shape_view *shape,
                        struct attr *fields, struct attr *attrs, struct span_brief *out)
{
    if (!attrs || !bundle_read_row(&c->w, &c->bundle->tables, shape, fields, attrs))
        return false;
    out->name = fields[FIELD_NAME].kind == ATTR_STRING ? fields[FIELD_NAME].text : TEXT("");
    out->op = fields[FIELD_OP].text;
    out->kind = head_kind(shape->head);
    out->code = head_code(shape->head);
    out->status = head_status(shape->head);
    out->flags = head_flags(shape->head);
    out->weight = fields[FIELD_WEIGHT].kind == ATTR_DOUBLE ? fields[FIELD_WEIGHT].real : 1;
    out->resource = shape->resource;
    out->shape = (uint32_t)(shape - c->bundle->tables.shapes);
    out->attrs = attrs;
    out->attr_count = shape->attr_count;
    return true;
}

/* ---- events, links, dropped counts ---- */

static uint32_t extra_count(struct wire *w, size_t each)
{
    uint64_t n = wire_varint(w);

    if (n > (size_t)(w->end - w->at) / each)
        w->bad = true;
    return w->bad ? 0 : (uint32_t)n;
}

static bool read_extra(struct span_cursor *c, struct span *s)
{
    const struct bundle_view *tables = &c->bundle->tables;
    struct wire *w = &c->w;

    s->attrs.dropped = (uint32_t)wire_varint(w);
    s->dropped_events = (uint32_t)wire_varint(w);
    s->dropped_links = (uint32_t)wire_varint(w);
    s->event_count = extra_count(w, 4);
    if (!(s->events = arena_zero(c->arena, s->event_count, sizeof *s->events)))
        return false;
    for (uint32_t i = 0; i < s->event_count; i++) {
        s->events[i].time_ns = s->start_ns + (uint64_t)unzigzag(wire_varint(w));
        s->events[i].name = bundle_read_text(w, tables);
        if (!bundle_read_list(w, tables, c->arena, &s->events[i].attrs))
            return false;
    }
    s->link_count = extra_count(w, 28);
    if (!(s->links = arena_zero(c->arena, s->link_count, sizeof *s->links)))
        return false;
    for (uint32_t i = 0; i < s->link_count; i++) {
        struct text ids = wire_bytes(w, 24);

        if (!ids.at)
            return false;
        memcpy(s->links[i].trace_id, ids.at, 16);
        memcpy(s->links[i].span_id, ids.at + 16, 8);
        s->links[i].otel_flags = (uint32_t)wire_varint(w);
        s->links[i].trace_state = bundle_read_text(w, tables);
        if (!bundle_read_list(w, tables, c->arena, &s->links[i].attrs))
            return false;
    }
    return !w->bad;
}

/* The same without keeping anything. */
static bool skip_extra(struct span_cursor *c)
{
    struct wire *w = &c->w;
    uint32_t count;

    for (int i = 0; i < 3; i++)
        wire_varint(w);
    count = extra_count(w, 4);
    for (uint32_t i = 0; i < count && !w->bad; i++) {
        wire_varint(w);
        bundle_read_text(w, &c->bundle->tables);
        bundle_skip_list(w, &c->bundle->tables);
    }
    count = extra_count(w, 28);
    for (uint32_t i = 0; i < count && !w->bad; i++) {
        wire_bytes(w, 24);
        wire_varint(w);
        bundle_read_text(w, &c->bundle->tables);
        bundle_skip_list(w, &c->bundle->tables);
    }
    return !w->bad;
}

/* ---- walking ---- */

static bool fail(struct span_cursor *c)
{
    c->failed = true;
    return false;
}

bool span_cursor_brief(struct span_cursor *c, struct span_brief *out)
{
    const struct bundle_shape_view *shape;
    struct attr fields[FIELDS];

    if (c->failed || c->row == c->group->spans)
        return false;
    if (!(shape = read_fixed(c, out)))
        return fail(c);
    if (!c->attrs || shape->attr_count > c->attr_room) {
        c->attr_room = shape->attr_count + 16;
        c->attrs = arena_alloc(c->arena, c->attr_room * sizeof *c->attrs);
    }
    if (!read_values(c, shape, fields, c->attrs, out))
        return fail(c);
    return !(shape->head & HEAD_EXTRA) || skip_extra(c) || fail(c);
}

bool span_cursor_next(struct span_cursor *c, struct span *out)
{
    const struct bundle_shape_view *shape;
    struct attr fields[FIELDS];
    struct span_brief b;

    if (c->failed || c->row == c->group->spans)
        return false;
    if (!(shape = read_fixed(c, &b)))
        return fail(c);
    *out = (struct span){.otel_flags = shape->otel_flags, .scope = shape->scope};
    out->attrs.at = arena_alloc(c->arena, shape->attr_count * sizeof(struct attr));
    if (!read_values(c, shape, fields, out->attrs.at, &b))
        return fail(c);
    memcpy(out->trace_id, c->group->trace_id, 16);
    memcpy(out->span_id, b.span_id, 8);
    memcpy(out->parent_id, b.parent_id, 8);
    out->start_ns = b.start_ns;
    out->end_ns = b.end_ns;
    out->name = b.name;
    out->op = b.op;
    out->status_message = fields[FIELD_MESSAGE].text;
    out->trace_state = fields[FIELD_STATE].text;
    out->kind = b.kind;
    out->code = b.code;
    out->status = b.status;
    out->flags = b.flags;
    out->weight = b.weight;
    out->resource = &c->bundle->tables.resources[b.resource];
    out->attrs.count = b.attr_count;
    return !(shape->head & HEAD_EXTRA) || read_extra(c, out) || fail(c);
}
