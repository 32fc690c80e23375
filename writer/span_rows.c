#include "writer/span_rows.h"

#include <string.h>

#include "proto/limits.h"

/* ---- marks ---- */

static void mark_attrs(struct marks *m, const struct attrs *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        marks_add_attr(m, &list->at[i]);
}

/* What all items of the bundle, or of a shape, have in common. */
static void mark_tables(struct marks *m, const struct bundle_view *v)
{
    for (uint32_t i = 0; i < v->resource_count; i++) {
        mark_attrs(m, &v->resources[i].attrs);
        marks_add_word(m, marks_word(MARKS_SERVICE, v->resources[i].service));
    }
    for (uint32_t i = 0; i < v->shape_count; i++)
        for (uint32_t k = 0; k < v->shapes[i].slot_count; k++) {
            const struct bundle_slot_view *slot = &v->shapes[i].slots[k];

            if (slot->field == FIELDS && slot->mode == BUNDLE_CONSTANT)
                marks_add_attr(m, &slot->constant);
        }
}

/* What varies. */
static void mark_row(struct marks *m, const struct bundle_shape_view *shape,
                     const struct attr *attrs)
{
    for (uint32_t k = 0; k < shape->slot_count; k++) {
        const struct bundle_slot_view *slot = &shape->slots[k];

        if (slot->field != FIELDS)
            continue;
        if (slot->mode != BUNDLE_CONSTANT)
            marks_add_attr(m, attrs);
        attrs++;
    }
}

static void mark_span(struct marks *m, const struct span_bundle *b, const struct span_brief *s)
{
    const struct resource *r = &b->tables.resources[s->resource];

    mark_row(m, &b->tables.shapes[s->shape], s->attrs);
    marks_add_word(m, marks_word(MARKS_NAME, s->name));
    marks_add_word(m, marks_operation(r->service, s->name));
    if (s->flags & SPAN_ERROR)
        marks_add_word(m, marks_word(MARKS_STATUS, TEXT("error")));
}

/* ---- entry rows ---- */

static bool put_entry(const struct span_rows_sink *sink, const struct span_bundle *b,
                      const uint8_t *trace_id, const struct span_brief *s, uint8_t flags)
{
    struct segment_entry e = {.start_ms = (int64_t)(s->start_ns / 1000000),
                              .duration_us = (s->end_ns - s->start_ns) / 1000,
                              .flags = flags};

    if (!sink->entry)
        return true;
    e.operation = sink->operation(sink->own, b, s);
    if (s->flags & SPAN_TIME_FUTURE) /* sorted in where it came */
        e.start_ms = b->head.received_ms;
    if (s->flags & SPAN_ERROR)
        e.flags |= ENTRY_ERROR;
    if (id_is_zero(s->parent_id, 8))
        e.flags |= ENTRY_ROOT;
    memcpy(e.trace, trace_id, sizeof e.trace);
    return e.operation && sink->entry(sink->own, &e);
}

/* One trace's part of the bundle. A part without an entry span is listed by its first span: its root
 * may never come. */
static bool one_group(const struct span_rows_sink *sink, const struct span_bundle *b,
                      const struct span_group *g, struct arena *a)
{
    struct span_cursor c;
    struct span_brief s, first;
    bool any = false, entered = false;

    marks_add_trace(sink->marks, g->trace_id);
    span_cursor_open(&c, b, g, a);
    while (span_cursor_brief(&c, &s)) {
        if (!any)
            first = s; /* its attributes are gone with the next row; nobody asks for them */
        any = true;
        mark_span(sink->marks, b, &s);
        if (sink->span)
            sink->span(sink->own, g->trace_id, &s);
        if (s.flags & SPAN_ENTRY) {
            entered = true;
            if (!put_entry(sink, b, g->trace_id, &s, 0))
                return false;
        }
    }
    if (any && !entered && !put_entry(sink, b, g->trace_id, &first, ENTRY_PIECE))
        return false;
    return !c.failed;
}

bool span_rows(struct text record, struct arena *a, const struct span_rows_sink *sink)
{
    struct span_bundle b;

    if (!span_bundle_open(record, a, &b) || (sink->bundle && !sink->bundle(sink->own, &b)))
        return false;
    mark_tables(sink->marks, &b.tables);
    for (uint32_t i = 0; i < b.head.traces; i++)
        if (!one_group(sink, &b, &b.groups[i], a))
            return false;
    return !sink->marks->failed;
}

/* ---- log records ---- */

bool log_rows(struct text record, struct arena *a, const struct log_rows_sink *sink)
{
    struct marks *marks = sink->marks;
    struct log_bundle b;
    struct log_cursor c;
    struct logrec l;

    if (!log_bundle_open(record, a, &b) || (sink->bundle && !sink->bundle(sink->own, &b)))
        return false;
    mark_tables(marks, &b.tables);
    for (uint32_t i = 0; i < b.head.traces; i++)
        marks_add_trace(marks, b.traces[i]);
    log_cursor_open(&c, &b, a);
    while (log_cursor_next(&c, &l)) {
        for (uint32_t i = 0; i < l.attrs.count; i++)
            marks_add_attr(marks, &l.attrs.at[i]);
        marks_add_word(marks, marks_word(MARKS_LEVEL, text_of(severity_name(l.severity))));
        if (l.event_name.len)
            marks_add_word(marks, marks_word(MARKS_NAME, l.event_name));
        if (sink->record)
            sink->record(sink->own, &l);
    }
    return !c.failed && !marks->failed;
}
