/* otlp_pb.c -- OTLP as protobuf. The batch is walked on the wire; one item at a time is unpacked by
 * protobuf-c into the scratch arena, which stays small and warm: a batch of any size costs the
 * memory of its largest span. */
#include "proto/limits.h"
#include "proto/otlp_logs.pb-c.h"
#include "proto/otlp_reader.h"
#include "proto/otlp_resource.pb-c.h"
#include "proto/otlp_trace.pb-c.h"
#include "proto/utf8.h"

/* Field numbers of the messages around the items: the same for traces, logs and metrics. */
enum {
    REQUEST_GROUPS = 1,
    GROUP_RESOURCE = 1,
    GROUP_ITEMS = 2,
    GROUP_SCHEMA = 3,
    GROUP_LEGACY =
        1000, /* instrumentation_library_spans of OTLP 0.15-0.18; laid out as scope_spans */
    ITEMS_SCOPE = 1,
    ITEMS_ITEM = 2,
    ITEMS_SCHEMA = 3
};

/* ---- protobuf-c over an arena ---- */

static void *take(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void give_back(void *arena, void *at)
{
    (void)arena, (void)at; /* all at once, with the arena */
}

static ProtobufCAllocator allocator(struct arena *a)
{
    return (ProtobufCAllocator){.alloc = take, .free = give_back, .allocator_data = a};
}

/* ---- depth ---- */

enum shape { NOTHING, SPAN, EVENT, LINK, LOG, ATTRIBUTES_1, SCOPE, KEY_VALUE, ANY, ARRAY, KVLIST };

/* Which message stands in that field of that message. */
static enum shape shape_of(enum shape in, uint32_t field)
{
    switch (in) {
    case SPAN:
        return field == 9 ? KEY_VALUE : field == 11 ? EVENT : field == 13 ? LINK : NOTHING;
    case LOG:
        return field == 5 ? ANY : field == 6 ? KEY_VALUE : NOTHING;
    case EVENT:
    case SCOPE:
        return field == 3 ? KEY_VALUE : NOTHING;
    case LINK:
        return field == 4 ? KEY_VALUE : NOTHING;
    case ATTRIBUTES_1: /* Resource */
    case KVLIST:
        return field == 1 ? KEY_VALUE : NOTHING;
    case KEY_VALUE:
        return field == 2 ? ANY : NOTHING;
    case ANY:
        return field == 5 ? ARRAY : field == 6 ? KVLIST : NOTHING;
    case ARRAY:
        return field == 1 ? ANY : NOTHING;
    default:
        return NOTHING;
    }
}

/* Does some AnyValue in it hold more than `levels` others inside one another? Each level costs four
 * bytes at least (two tags, two lengths), so a message too short for that need not be looked at:
 * nearly every one. */
static enum otlp_rc measure(struct text message, enum shape shape, int levels)
{
    struct wire w = wire_open(message);
    struct wire_field f;

    if (shape == ANY && levels-- == 0)
        return OTLP_TOO_DEEP;
    if (message.len < 4 * (size_t)(levels + 1))
        return OTLP_DONE;
    while (wire_next(&w, &f)) {
        enum shape inner = f.type == WIRE_BYTES ? shape_of(shape, f.number) : NOTHING;
        enum otlp_rc rc = inner != NOTHING ? measure(f.bytes, inner, levels) : OTLP_DONE;

        if (rc != OTLP_DONE)
            return rc;
    }
    return w.bad ? OTLP_MALFORMED : OTLP_DONE;
}

static bool check_depth(struct otlp *o, struct text message, enum shape shape)
{
    enum otlp_rc rc = measure(message, shape, ANY_DEPTH_MAX);

    return rc == OTLP_DONE || otlp_fail(o, rc);
}

/* ---- values ---- */

static struct text text_from(ProtobufCBinaryData bytes)
{
    return (struct text){bytes.data ? (const char *)bytes.data : "", bytes.len};
}

static void write_any(struct buf *b, const char *key, const Otlp__AnyValue *v);

/* True: the value was cut. */
static bool set_any(struct attr *at, const Otlp__AnyValue *v, struct arena *a)
{
    struct buf b;

    switch (v ? v->value_case : OTLP__ANY_VALUE__VALUE__NOT_SET) {
    case OTLP__ANY_VALUE__VALUE_STRING_VALUE:
        return attr_set_text(at, ATTR_STRING, text_from(v->string_value), a);
    case OTLP__ANY_VALUE__VALUE_BYTES_VALUE:
        return attr_set_text(at, ATTR_BYTES, text_from(v->bytes_value), a);
    case OTLP__ANY_VALUE__VALUE_BOOL_VALUE:
        at->kind = ATTR_BOOL;
        at->integer = v->bool_value != 0;
        return false;
    case OTLP__ANY_VALUE__VALUE_INT_VALUE:
        at->kind = ATTR_INT;
        at->integer = v->int_value;
        return false;
    case OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE:
        at->kind = ATTR_DOUBLE;
        at->real = v->double_value;
        return false;
    case OTLP__ANY_VALUE__VALUE_ARRAY_VALUE:
    case OTLP__ANY_VALUE__VALUE_KVLIST_VALUE:
        buf_init(&b, a, 256, ATTR_VALUE_MAX);
        write_any(&b, NULL, v);
        at->text = buf_result(&b);
        at->kind = at->text.at ? ATTR_JSON : ATTR_EMPTY; /* half a JSON text is none */
        return at->kind == ATTR_EMPTY;
    default:
        at->kind = ATTR_EMPTY;
        return false;
    }
}

/* Arrays and maps as plain JSON. Recursion is bounded: check_depth has been here. */
static void write_any(struct buf *b, const char *key, const Otlp__AnyValue *v)
{
    struct attr scalar = {.kind = ATTR_EMPTY};

    if (v && v->value_case == OTLP__ANY_VALUE__VALUE_ARRAY_VALUE) {
        json_open(b, key, '[');
        for (size_t i = 0; i < v->array_value->n_values && !b->failed; i++)
            write_any(b, NULL, v->array_value->values[i]);
        json_close(b, ']');
    } else if (v && v->value_case == OTLP__ANY_VALUE__VALUE_KVLIST_VALUE) {
        json_open(b, key, '{');
        for (size_t i = 0; i < v->kvlist_value->n_values && !b->failed; i++) {
            json_key(b, text_from(v->kvlist_value->values[i]->key));
            write_any(b, NULL, v->kvlist_value->values[i]->value);
        }
        json_close(b, '}');
    } else {
        set_any(&scalar, v, b->arena);
        attr_write_value(b, key, &scalar);
    }
}

/* True: some value was cut. */
static bool set_attrs(struct attrs *out, Otlp__KeyValue **list, size_t count, uint32_t dropped,
                      struct arena *a)
{
    struct attr_list l;
    bool cut = false;

    attr_list_init(&l, a, count < SPAN_ATTRS_MAX ? (uint32_t)count : SPAN_ATTRS_MAX,
                   SPAN_ATTRS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct attr *at = attr_add(&l, text_from(list[i]->key));

        if (at)
            cut |= set_any(at, list[i]->value, a);
    }
    *out = l.attrs;
    out->dropped = dropped > UINT32_MAX - out->dropped ? UINT32_MAX : out->dropped + dropped;
    return cut;
}

static struct text short_text(ProtobufCBinaryData bytes, size_t max, struct arena *a)
{
    return bytes.len ? utf8_mend(text_clip(text_from(bytes), max), a) : TEXT_NONE;
}

/* An id of exactly `len` bytes; false: another length. */
static bool set_id(uint8_t *out, ProtobufCBinaryData bytes, size_t len)
{
    memset(out, 0, len);
    if (bytes.len != len)
        return false;
    memcpy(out, bytes.data, len);
    return true;
}

/* ---- walking the batch ---- */

static bool enter_resource(struct otlp *o, struct text bytes)
{
    ProtobufCAllocator keep = allocator(o->keep);
    Otlp__Resource *from;
    struct resource *r;

    if (!check_depth(o, bytes, ATTRIBUTES_1))
        return false;
    from = otlp__resource__unpack(&keep, bytes.len, (const uint8_t *)bytes.at);
    r = arena_zero(o->keep, 1, sizeof *r);
    if (!from || !r)
        return otlp_fail(o, arena_spent(o->keep) ? OTLP_SPENT : OTLP_MALFORMED);
    set_attrs(&r->attrs, from->attributes, from->n_attributes, from->dropped_attributes_count,
              o->keep);
    otlp_finish_resource(o, r);
    o->resource = r;
    return true;
}

/* The resource may stand behind the items, so the group is looked through once before. */
static bool enter_group(struct otlp *o, struct text bytes)
{
    struct wire w = o->group = wire_open(bytes);
    struct text resource = TEXT_NONE;
    struct wire_field f;
    bool modern = false, legacy = false;

    while (wire_next(&w, &f)) {
        if (f.number == GROUP_RESOURCE)
            resource = f.bytes;
        modern |= f.number == GROUP_ITEMS;
        legacy |= f.number == GROUP_LEGACY;
        if ((f.number <= GROUP_SCHEMA || f.number == GROUP_LEGACY) && f.type != WIRE_BYTES)
            w.bad = true;
    }
    if (w.bad)
        return otlp_fail(o, OTLP_MALFORMED);
    o->legacy = legacy && !modern;
    o->items = wire_open(TEXT(""));
    if (resource.at)
        return enter_resource(o, resource);
    return (o->resource = otlp_no_resource(o)) != NULL;
}

static bool enter_items(struct otlp *o, struct text bytes)
{
    ProtobufCAllocator keep = allocator(o->keep);
    struct wire w = o->items = wire_open(bytes);
    struct text scope = TEXT_NONE;
    struct wire_field f;
    Otlp__InstrumentationScope *from;
    struct scope *made;

    o->scope = NULL;
    while (wire_next(&w, &f)) {
        if (f.number == ITEMS_SCOPE)
            scope = f.bytes;
        if (f.number <= ITEMS_SCHEMA && f.type != WIRE_BYTES)
            w.bad = true;
    }
    if (w.bad)
        return otlp_fail(o, OTLP_MALFORMED);
    if (!scope.len)
        return true;
    if (!check_depth(o, scope, SCOPE))
        return false;
    from = otlp__instrumentation_scope__unpack(&keep, scope.len, (const uint8_t *)scope.at);
    made = arena_zero(o->keep, 1, sizeof *made);
    if (!from || !made)
        return otlp_fail(o, arena_spent(o->keep) ? OTLP_SPENT : OTLP_MALFORMED);
    made->name = short_text(from->name, ATTR_KEY_MAX, o->keep);
    made->version = short_text(from->version, ATTR_KEY_MAX, o->keep);
    set_attrs(&made->attrs, from->attributes, from->n_attributes, from->dropped_attributes_count,
              o->keep);
    attrs_fit(&made->attrs, RESOURCE_BYTES_MAX / 8);
    o->scope = made;
    return true;
}

/* The bytes of the next span, log record or metric. */
static bool next_item(struct otlp *o, struct text *item)
{
    struct wire_field f;

    while (o->rc == OTLP_DONE) {
        if (wire_next(&o->items, &f)) {
            if (f.number == ITEMS_ITEM) {
                *item = f.bytes;
                return true;
            }
        } else if (wire_next(&o->group, &f)) {
            if (f.number == (o->legacy ? GROUP_LEGACY : GROUP_ITEMS))
                enter_items(o, f.bytes);
        } else if (wire_next(&o->request, &f)) {
            if (f.number == REQUEST_GROUPS && f.type == WIRE_BYTES)
                enter_group(o, f.bytes);
            else if (f.number == REQUEST_GROUPS)
                otlp_fail(o, OTLP_MALFORMED);
        } else {
            return !o->request.bad ? false : otlp_fail(o, OTLP_MALFORMED);
        }
    }
    return false;
}

/* Unpacking failed: by the sender's bytes, or by our budget? True: go on with the next item. */
static bool survive(struct otlp *o)
{
    if (!arena_spent(&o->scratch))
        return otlp_fail(o, OTLP_MALFORMED);
    otlp_reject(o, OTLP_TOO_LARGE);
    return true;
}

/* ---- spans ---- */

static bool set_events(struct span *s, const Otlp__Span *from, struct arena *a)
{
    size_t count = from->n_events < SPAN_EVENTS_MAX ? from->n_events : SPAN_EVENTS_MAX;
    bool cut = false;

    s->dropped_events = from->dropped_events_count + (uint32_t)(from->n_events - count);
    if (!count || !(s->events = arena_zero(a, count, sizeof *s->events)))
        return false;
    for (size_t i = 0; i < count; i++) {
        const Otlp__SpanEvent *e = from->events[i];

        s->events[i].time_ns = e->time_unix_nano;
        s->events[i].name = short_text(e->name, SPAN_NAME_MAX, a);
        cut |= set_attrs(&s->events[i].attrs, e->attributes, e->n_attributes,
                         e->dropped_attributes_count, a);
    }
    s->event_count = (uint32_t)count;
    return cut;
}

/* Links whose ids are no ids lead nowhere: dropped and counted. */
static bool set_links(struct span *s, const Otlp__Span *from, struct arena *a)
{
    size_t room = from->n_links < SPAN_LINKS_MAX ? from->n_links : SPAN_LINKS_MAX;
    bool cut = false;

    if (room && !(s->links = arena_zero(a, room, sizeof *s->links)))
        return false;
    for (size_t i = 0; i < from->n_links && s->link_count < room; i++) {
        const Otlp__SpanLink *l = from->links[i];
        struct span_link *to = &s->links[s->link_count];

        if (!set_id(to->trace_id, l->trace_id, 16) || !set_id(to->span_id, l->span_id, 8))
            continue;
        to->otel_flags = l->flags;
        to->trace_state = short_text(l->trace_state, SPAN_NAME_MAX, a);
        cut |=
            set_attrs(&to->attrs, l->attributes, l->n_attributes, l->dropped_attributes_count, a);
        s->link_count++;
    }
    s->dropped_links = from->dropped_links_count + (uint32_t)(from->n_links - s->link_count);
    return cut;
}

static void set_status(struct span *s, const Otlp__SpanStatus *from, struct arena *a)
{
    int32_t code = from ? from->code : SPAN_UNSET;

    if (from && code == 0 && from->deprecated_code != 0)
        code = SPAN_FAILED; /* OTLP before 0.12: 1 to 16 are gRPC's errors */
    s->code = code >= 0 && code <= SPAN_FAILED ? (uint8_t)code : SPAN_UNSET;
    s->status_message = from ? short_text(from->message, ATTR_VALUE_MAX, a) : TEXT_NONE;
}

static bool span_from(struct otlp *o, const Otlp__Span *from, struct span *s)
{
    struct arena *a = &o->scratch;
    struct otlp_ids ids;
    bool cut;

    *s = (struct span){.kind = from->kind >= 0 && from->kind <= SPAN_CONSUMER ? from->kind : 0,
                       .start_ns = from->start_time_unix_nano,
                       .end_ns = from->end_time_unix_nano,
                       .otel_flags = from->flags};
    ids.trace_ok = set_id(s->trace_id, from->trace_id, 16);
    ids.span_ok = set_id(s->span_id, from->span_id, 8);
    ids.parent_ok = set_id(s->parent_id, from->parent_span_id, 8) || !from->parent_span_id.len;
    s->name = short_text(from->name, SPAN_NAME_MAX, a);
    s->trace_state = short_text(from->trace_state, SPAN_NAME_MAX, a);
    set_status(s, from->status, a);
    cut = set_attrs(&s->attrs, from->attributes, from->n_attributes, from->dropped_attributes_count,
                    a);
    cut |= set_events(s, from, a);
    cut |= set_links(s, from, a);
    if (cut)
        s->flags |= SPAN_CUT;
    return otlp_finish_span(o, s, &ids);
}

bool otlp_pb_span(struct otlp *o, struct span *out)
{
    ProtobufCAllocator scratch = allocator(&o->scratch);
    struct text item;

    while (next_item(o, &item)) {
        Otlp__Span *from;

        arena_reset(&o->scratch);
        if (!check_depth(o, item, SPAN))
            return false;
        from = otlp__span__unpack(&scratch, item.len, (const uint8_t *)item.at);
        if (!from && !survive(o))
            return false;
        if (from && span_from(o, from, out))
            return true;
    }
    return false;
}

/* ---- log records ---- */

static bool log_from(struct otlp *o, const Otlp__LogRecord *from, struct logrec *l)
{
    struct arena *a = &o->scratch;
    struct otlp_ids ids;
    bool cut;

    *l = (struct logrec){.time_ns = from->time_unix_nano,
                         .observed_ns = from->observed_time_unix_nano,
                         .otel_flags = from->flags};
    l->severity = from->severity_number >= 0 && from->severity_number <= 24
                      ? (uint8_t)from->severity_number
                      : UINT8_MAX;
    ids.trace_sent = from->trace_id.len != 0;
    ids.span_sent = from->span_id.len != 0;
    ids.trace_ok = set_id(l->trace_id, from->trace_id, 16);
    ids.span_ok = set_id(l->span_id, from->span_id, 8);
    l->severity_text = short_text(from->severity_text, ATTR_KEY_MAX, a);
    l->event_name = short_text(from->event_name, SPAN_NAME_MAX, a);
    cut = set_any(&l->body, from->body, a);
    cut |= set_attrs(&l->attrs, from->attributes, from->n_attributes,
                     from->dropped_attributes_count, a);
    if (cut)
        l->flags |= LOG_CUT;
    return otlp_finish_log(o, l, &ids);
}

bool otlp_pb_log(struct otlp *o, struct logrec *out)
{
    ProtobufCAllocator scratch = allocator(&o->scratch);
    struct text item;

    while (next_item(o, &item)) {
        Otlp__LogRecord *from;

        arena_reset(&o->scratch);
        if (!check_depth(o, item, LOG))
            return false;
        from = otlp__log_record__unpack(&scratch, item.len, (const uint8_t *)item.at);
        if (!from && !survive(o))
            return false;
        if (from && log_from(o, from, out))
            return true;
    }
    return false;
}

/* ---- metrics ---- */

void otlp_pb_points(struct otlp *o)
{
    struct text item;

    while (next_item(o, &item)) {
        struct wire metric = wire_open(item);
        struct wire_field data, point;

        while (wire_next(&metric, &data)) {
            struct wire points = wire_open(data.bytes);
            bool kind =
                data.number == 5 || data.number == 7 || (data.number >= 9 && data.number <= 11);

            while (kind && data.type == WIRE_BYTES && wire_next(&points, &point))
                o->tally.rejected += point.number == 1;
            if (points.bad)
                otlp_fail(o, OTLP_MALFORMED);
        }
        if (metric.bad)
            otlp_fail(o, OTLP_MALFORMED);
    }
}
