/* otlp_write.c -- spans → OTLP/JSON. 64-bit numbers are strings of digits, ids are hex, enums are
 * numbers; what has its default value is left out. */
#include "proto/otlp_write.h"

#include "proto/otlp_list.h"

static void write_digits(struct buf *b, const char *key, uint64_t v)
{
    json_digits(b, key, (int64_t)v); /* times and such: below 2^63 */
}

static void write_text(struct buf *b, const char *key, struct text t)
{
    if (t.len)
        json_text(b, key, t);
}

static void write_count(struct buf *b, const char *key, uint32_t v)
{
    if (v)
        json_uint(b, key, v);
}

static void write_attr(struct buf *b, const struct attr *at)
{
    json_open(b, NULL, '{');
    json_text(b, "key", at->key);
    attr_write_any(b, "value", at);
    json_close(b, '}');
}

/* "attributes":[…] with `more` ones in front, and what was dropped of them. */
static void write_attrs(struct buf *b, const struct attrs *list, const struct attr *more,
                        uint32_t count)
{
    if (count || list->count) {
        json_open(b, "attributes", '[');
        for (uint32_t i = 0; i < count; i++)
            write_attr(b, &more[i]);
        for (uint32_t i = 0; i < list->count; i++)
            write_attr(b, &list->at[i]);
        json_close(b, ']');
    }
    write_count(b, "droppedAttributesCount", list->dropped);
}

static void write_events(struct buf *b, const struct span *s)
{
    if (!s->event_count)
        return;
    json_open(b, "events", '[');
    for (uint32_t i = 0; i < s->event_count; i++) {
        json_open(b, NULL, '{');
        write_digits(b, "timeUnixNano", s->events[i].time_ns);
        write_text(b, "name", s->events[i].name);
        write_attrs(b, &s->events[i].attrs, NULL, 0);
        json_close(b, '}');
    }
    json_close(b, ']');
}

static void write_links(struct buf *b, const struct span *s)
{
    if (!s->link_count)
        return;
    json_open(b, "links", '[');
    for (uint32_t i = 0; i < s->link_count; i++) {
        json_open(b, NULL, '{');
        json_hex(b, "traceId", s->links[i].trace_id, 16);
        json_hex(b, "spanId", s->links[i].span_id, 8);
        write_text(b, "traceState", s->links[i].trace_state);
        write_attrs(b, &s->links[i].attrs, NULL, 0);
        write_count(b, "flags", s->links[i].otel_flags);
        json_close(b, '}');
    }
    json_close(b, ']');
}

static void write_status(struct buf *b, const struct span *s)
{
    json_open(b, "status", '{');
    write_text(b, "message", s->status_message);
    write_count(b, "code", s->code);
    json_close(b, '}');
}

static void write_span(struct buf *b, const struct span *s)
{
    struct attr more[2];

    json_open(b, NULL, '{');
    json_hex(b, "traceId", s->trace_id, 16);
    json_hex(b, "spanId", s->span_id, 8);
    if (!id_is_zero(s->parent_id, 8))
        json_hex(b, "parentSpanId", s->parent_id, 8);
    write_text(b, "traceState", s->trace_state);
    write_count(b, "flags", s->otel_flags);
    json_text(b, "name", s->name.at ? s->name : TEXT(""));
    write_count(b, "kind", s->kind);
    write_digits(b, "startTimeUnixNano", s->start_ns);
    write_digits(b, "endTimeUnixNano", s->end_ns);
    write_attrs(b, &s->attrs, more, otlp_add_sentry(s, more));
    write_events(b, s);
    write_count(b, "droppedEventsCount", s->dropped_events);
    write_links(b, s);
    write_count(b, "droppedLinksCount", s->dropped_links);
    write_status(b, s);
    json_close(b, '}');
}

static void write_resource(struct buf *b, const struct resource *r)
{
    struct attr service;
    bool add = otlp_add_service(r, &service);

    json_open(b, "resource", '{');
    write_attrs(b, &r->attrs, &service, add);
    json_close(b, '}');
}

static void write_scope(struct buf *b, const struct scope *scope)
{
    json_open(b, "scope", '{');
    if (scope) {
        write_text(b, "name", scope->name);
        write_text(b, "version", scope->version);
        write_attrs(b, &scope->attrs, NULL, 0);
    }
    json_close(b, '}');
}

bool otlp_write_json(struct buf *b, const char *key, const struct span *const *spans,
                     uint32_t count)
{
    struct otlp_list list;

    if (!otlp_list_make(spans, count, b->arena, &list))
        return false;
    json_open(b, key, '[');
    for (uint32_t n = 0, i = 0; n < list.origins.count; n++) {
        const struct origin *o = &list.origins.at[n];

        if (n == 0 || o[-1].sender != o->sender) {
            json_open(b, NULL, '{');
            write_resource(b, o->resource);
            json_open(b, "scopeSpans", '[');
        }
        json_open(b, NULL, '{');
        write_scope(b, o->scope);
        json_open(b, "spans", '[');
        for (; i < list.end[n]; i++)
            write_span(b, list.spans[i]);
        json_close(b, ']');
        json_close(b, '}');
        if (n + 1 == list.origins.count || o[1].sender != o->sender) {
            json_close(b, ']');
            json_close(b, '}');
        }
    }
    json_close(b, ']');
    return !b->failed;
}
