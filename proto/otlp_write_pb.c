/* otlp_write_pb.c -- spans → the bytes of ResourceSpans. Written straight into the buffer: protobuf-c
 * would want a second tree of the whole trace. A message's length is known when it is finished; its
 * varint then gets the room it needs. */
#include "proto/json.h"
#include "proto/otlp_list.h"
#include "proto/otlp_write.h"
#include "proto/wire.h"

/* ---- fields ---- */

static uint32_t varint_bytes(uint64_t v)
{
    uint32_t n = 1;

    for (; v >= 0x80; v >>= 7)
        n++;
    return n;
}

static void put_number(struct buf *b, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        buf_byte(b, (char)(v | 0x80));
    buf_byte(b, (char)v);
}

static void put_tag(struct buf *b, uint32_t field, enum wire_type type)
{
    put_number(b, (uint64_t)field << 3 | type);
}

static void put_bytes(struct buf *b, uint32_t field, const void *bytes, size_t len)
{
    put_tag(b, field, WIRE_BYTES);
    put_number(b, len);
    buf_add(b, bytes, len);
}

/* Defaults are not written: proto3. */
static void put_text(struct buf *b, uint32_t field, struct text t)
{
    if (t.len)
        put_bytes(b, field, t.at, t.len);
}

static void put_uint(struct buf *b, uint32_t field, uint64_t v)
{
    if (v) {
        put_tag(b, field, WIRE_VARINT);
        put_number(b, v);
    }
}

static void put_fixed(struct buf *b, uint32_t field, enum wire_type type, uint64_t v)
{
    unsigned char out[8];
    size_t len = type == WIRE_FIXED64 ? 8 : 4;

    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)(v >> 8 * i);
    put_tag(b, field, type);
    buf_add(b, out, len);
}

/* A message begins: where its content starts. One byte is left for its length. */
static size_t put_open(struct buf *b, uint32_t field)
{
    put_tag(b, field, WIRE_BYTES);
    buf_byte(b, 0);
    return b->len;
}

static void put_close(struct buf *b, size_t at)
{
    size_t len = b->len - at;
    uint32_t more = varint_bytes(len) - 1;

    if (!buf_reserve(b, more))
        return;
    memmove(b->at + at + more, b->at + at, len);
    b->len = at - 1;
    put_number(b, len);
    b->len += len;
}

/* ---- attributes ---- */

enum { ANY_STRING = 1, ANY_BOOL, ANY_INT, ANY_DOUBLE, ANY_ARRAY, ANY_LIST, ANY_BYTES };

static void put_double(struct buf *b, double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof bits);
    put_fixed(b, ANY_DOUBLE, WIRE_FIXED64, bits);
}

/* In a oneof zero is a value as any other. */
static void put_choice(struct buf *b, uint32_t field, uint64_t v)
{
    put_tag(b, field, WIRE_VARINT);
    put_number(b, v);
}

/* A value of an array or a map: kept as JSON, and bounded by JSON_DEPTH_MAX when it is read. */
static void put_json(struct buf *b, uint32_t field, const struct json *v)
{
    size_t any = put_open(b, field), list, pair;
    int64_t integer;
    double real;

    switch (v->kind) {
    case JSON_TRUE:
    case JSON_FALSE:
        put_choice(b, ANY_BOOL, v->kind == JSON_TRUE);
        break;
    case JSON_NUMBER:
        if (attr_json_int(v, &integer))
            put_choice(b, ANY_INT, (uint64_t)integer);
        else if (json_double(v, &real))
            put_double(b, real);
        break;
    case JSON_STRING: {
        struct text t = json_string(v, b->arena);

        put_bytes(b, ANY_STRING, t.at, t.len);
        break;
    }
    case JSON_ARRAY:
        list = put_open(b, ANY_ARRAY);
        for (const struct json *c = v->child; c; c = c->next)
            put_json(b, 1, c);
        put_close(b, list);
        break;
    case JSON_OBJECT:
        list = put_open(b, ANY_LIST);
        for (const struct json *c = v->child; c; c = c->next) {
            pair = put_open(b, 1);
            put_text(b, 1, c->key);
            put_json(b, 2, c);
            put_close(b, pair);
        }
        put_close(b, list);
        break;
    default:
        break;
    }
    put_close(b, any);
}

static void put_any(struct buf *b, uint32_t field, const struct attr *at)
{
    struct json *v;
    size_t any;

    if (at->kind == ATTR_JSON && json_read(at->text, b->arena, &v, NULL) == JSON_OK) {
        put_json(b, field, v);
        return;
    }
    any = put_open(b, field);
    switch (at->kind) {
    case ATTR_STRING:
        put_bytes(b, ANY_STRING, at->text.at, at->text.len);
        break;
    case ATTR_BOOL:
        put_choice(b, ANY_BOOL, at->integer != 0);
        break;
    case ATTR_INT:
        put_choice(b, ANY_INT, (uint64_t)at->integer);
        break;
    case ATTR_DOUBLE:
        put_double(b, at->real);
        break;
    case ATTR_BYTES:
        put_bytes(b, ANY_BYTES, at->text.at, at->text.len);
        break;
    default:
        break;
    }
    put_close(b, any);
}

static void put_attr(struct buf *b, uint32_t field, const struct attr *at)
{
    size_t pair = put_open(b, field);

    put_text(b, 1, at->key);
    put_any(b, 2, at);
    put_close(b, pair);
}

/* The list under `field`, what was dropped of it under the next number, as in every message. */
static void put_attrs(struct buf *b, uint32_t field, const struct attrs *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        put_attr(b, field, &list->at[i]);
    put_uint(b, field + 1, list->dropped);
}

/* ---- spans ---- */

static void put_events(struct buf *b, const struct span *s)
{
    for (uint32_t i = 0; i < s->event_count; i++) {
        const struct span_event *e = &s->events[i];
        size_t at = put_open(b, 11);

        put_fixed(b, 1, WIRE_FIXED64, e->time_ns);
        put_text(b, 2, e->name);
        put_attrs(b, 3, &e->attrs);
        put_close(b, at);
    }
    put_uint(b, 12, s->dropped_events);
}

static void put_links(struct buf *b, const struct span *s)
{
    for (uint32_t i = 0; i < s->link_count; i++) {
        const struct span_link *l = &s->links[i];
        size_t at = put_open(b, 13);

        put_bytes(b, 1, l->trace_id, 16);
        put_bytes(b, 2, l->span_id, 8);
        put_text(b, 3, l->trace_state);
        put_attrs(b, 4, &l->attrs);
        if (l->otel_flags)
            put_fixed(b, 6, WIRE_FIXED32, l->otel_flags);
        put_close(b, at);
    }
    put_uint(b, 14, s->dropped_links);
}

static void put_span(struct buf *b, const struct span *s)
{
    struct attr more[2];
    uint32_t count = otlp_add_sentry(s, more);
    size_t span = put_open(b, 2), status;

    put_bytes(b, 1, s->trace_id, 16);
    put_bytes(b, 2, s->span_id, 8);
    put_text(b, 3, s->trace_state);
    if (!id_is_zero(s->parent_id, 8))
        put_bytes(b, 4, s->parent_id, 8);
    put_text(b, 5, s->name);
    put_uint(b, 6, s->kind);
    put_fixed(b, 7, WIRE_FIXED64, s->start_ns);
    put_fixed(b, 8, WIRE_FIXED64, s->end_ns);
    for (uint32_t i = 0; i < count; i++)
        put_attr(b, 9, &more[i]);
    put_attrs(b, 9, &s->attrs);
    put_events(b, s);
    put_links(b, s);
    status = put_open(b, 15);
    put_text(b, 2, s->status_message);
    put_uint(b, 3, s->code);
    put_close(b, status);
    if (s->otel_flags)
        put_fixed(b, 16, WIRE_FIXED32, s->otel_flags);
    put_close(b, span);
}

static void put_resource(struct buf *b, const struct resource *r)
{
    size_t at = put_open(b, 1);
    struct attr service;

    if (otlp_add_service(r, &service))
        put_attr(b, 1, &service);
    put_attrs(b, 1, &r->attrs);
    put_close(b, at);
}

static void put_scope(struct buf *b, const struct scope *scope)
{
    size_t at = put_open(b, 1);

    if (scope) {
        put_text(b, 1, scope->name);
        put_text(b, 2, scope->version);
        put_attrs(b, 3, &scope->attrs);
    }
    put_close(b, at);
}

bool otlp_write_protobuf(struct buf *b, uint32_t field, const struct span *const *spans,
                         uint32_t count)
{
    struct otlp_list list;
    size_t resource = 0, scope;

    if (!otlp_list_make(spans, count, b->arena, &list))
        return false;
    for (uint32_t n = 0, i = 0; n < list.origins.count; n++) {
        const struct origin *o = &list.origins.at[n];

        if (n == 0 || o[-1].sender != o->sender) {
            resource = put_open(b, field);
            put_resource(b, o->resource);
        }
        scope = put_open(b, 2);
        put_scope(b, o->scope);
        for (; i < list.end[n]; i++)
            put_span(b, list.spans[i]);
        put_close(b, scope);
        if (n + 1 == list.origins.count || o[1].sender != o->sender)
            put_close(b, resource);
    }
    return !b->failed;
}

bool otlp_write_tempo(struct buf *b, const struct span *const *spans, uint32_t count,
                      struct text partial)
{
    size_t at = put_open(b, 1);
    bool good = otlp_write_protobuf(b, 1, spans, count);

    put_close(b, at);
    put_close(b, put_open(b, 2)); /* metrics: nothing is measured */
    if (partial.len) {
        put_uint(b, 3, 1); /* PARTIAL */
        put_text(b, 4, partial);
    }
    return good && !b->failed;
}
