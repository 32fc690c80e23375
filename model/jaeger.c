/* jaeger.c -- tree → Jaeger's spans, references, logs and processes. */
#include "model/jaeger.h"

#include <stdio.h>

#include "proto/origin.h"

#define SAFE_INTEGER ((INT64_C(1) << 53) - 1) /* beyond, a reader's double is another number */

struct writer {
    struct buf *b;
    const struct trace *t;
    const struct span **spans; /* of the nodes, as origins_find wants them */
    struct origins origins;
};

/* ---- tags ---- */

static void write_value(struct buf *b, const struct attr *at)
{
    static const char *const types[] = {
        [ATTR_EMPTY] = "string", [ATTR_STRING] = "string",  [ATTR_BOOL] = "bool",
        [ATTR_INT] = "int64",    [ATTR_DOUBLE] = "float64", [ATTR_BYTES] = "binary",
        [ATTR_JSON] = "string",
    };

    json_str(b, "type", types[at->kind]);
    if (at->kind == ATTR_INT && (at->integer > SAFE_INTEGER || at->integer < -SAFE_INTEGER))
        json_digits(b, "value", at->integer);
    else if (at->kind == ATTR_JSON || at->kind == ATTR_EMPTY)
        json_text(b, "value", at->text.at ? at->text : TEXT(""));
    else
        attr_write_value(b, "value", at);
}

void jaeger_write_tag(struct buf *b, const struct attr *at)
{
    json_open(b, NULL, '{');
    json_text(b, "key", at->key);
    write_value(b, at);
    json_close(b, '}');
}

static void tag_text(struct buf *b, const char *key, struct text value)
{
    if (value.len) {
        struct attr at = {.key = text_of(key), .text = value, .kind = ATTR_STRING};

        jaeger_write_tag(b, &at);
    }
}

/* What OpenTelemetry keeps in fields of their own, as its translation to Jaeger names it. */
static void write_tags(struct buf *b, const struct span *s)
{
    static const struct attr failed = {.key = {"error", 5}, .integer = 1, .kind = ATTR_BOOL};
    bool error = s->flags & SPAN_ERROR;

    json_open(b, "tags", '[');
    tag_text(b, "span.kind", text_of(span_kind_name(s->kind)));
    for (uint32_t i = 0; i < s->attrs.count; i++)
        jaeger_write_tag(b, &s->attrs.at[i]);
    if (error && !attr_get(&s->attrs, "error"))
        jaeger_write_tag(b, &failed);
    tag_text(b, "otel.status_code",
             s->code == SPAN_FAILED ? TEXT("ERROR")
             : s->code == SPAN_OK   ? TEXT("OK")
                                    : TEXT_NONE);
    tag_text(b, "otel.status_description", s->status_message);
    if (s->scope) {
        tag_text(b, "otel.scope.name", s->scope->name);
        tag_text(b, "otel.scope.version", s->scope->version);
    }
    tag_text(b, "w3c.tracestate", s->trace_state);
    tag_text(b, "sentry.op", s->op);
    tag_text(b, "sentry.status", text_of(span_status_name(s->status)));
    json_close(b, ']');
}

/* ---- logs ---- */

static void write_log(struct buf *b, const struct span_event *e)
{
    json_open(b, NULL, '{');
    json_uint(b, "timestamp", e->time_ns / 1000);
    json_open(b, "fields", '[');
    if (!attr_get(&e->attrs, "event"))
        tag_text(b, "event", e->name);
    for (uint32_t i = 0; i < e->attrs.count; i++)
        jaeger_write_tag(b, &e->attrs.at[i]);
    json_close(b, ']');
    json_close(b, '}');
}

/* ---- references ---- */

/* The id that the node goes by. */
static void id_of(const struct trace *t, uint32_t node, uint8_t out[8])
{
    const struct trace_node *n = &t->nodes[node];

    memcpy(out, n->span->span_id, 8);
    if (n->parent != TRACE_NONE &&
        memcmp(t->nodes[n->parent].span->span_id, n->span->span_id, 8) == 0)
        for (int i = 0; i < 8; i++) /* no other span's: it would have to be this one's complement */
            out[i] = (uint8_t)~out[i];
}

static void write_reference(struct buf *b, const char *type, const uint8_t *trace,
                            const uint8_t *span)
{
    json_open(b, NULL, '{');
    json_str(b, "refType", type);
    json_hex(b, "traceID", trace, 16);
    json_hex(b, "spanID", span, 8);
    json_close(b, '}');
}

static void write_references(struct writer *w, uint32_t node)
{
    const struct trace_node *n = &w->t->nodes[node];
    const struct span *s = n->span;
    uint8_t parent[8];

    json_open(w->b, "references", '[');
    if (n->parent != TRACE_NONE) {
        id_of(w->t, n->parent, parent);
        write_reference(w->b, "CHILD_OF", s->trace_id, parent);
    } else if (!id_is_zero(s->parent_id, 8) && !(n->flags & NODE_CUT)) {
        write_reference(w->b, "CHILD_OF", s->trace_id, s->parent_id);
    }
    for (uint32_t i = 0; i < s->link_count; i++) {
        const struct span_link *l = &s->links[i];
        bool child = text_is(attr_string(&l->attrs, "opentracing.ref_type"), "child_of");

        write_reference(w->b, child ? "CHILD_OF" : "FOLLOWS_FROM", l->trace_id, l->span_id);
    }
    json_close(w->b, ']');
}

/* ---- warnings ---- */

static void warn(struct buf *b, bool *any, const char *what)
{
    if (!*any)
        json_open(b, "warnings", '[');
    *any = true;
    json_str(b, NULL, what);
}

static void warn_dropped(struct buf *b, bool *any, uint32_t count, const char *what)
{
    char line[64];

    if (count) {
        snprintf(line, sizeof line, "%u %s were dropped", count, what);
        warn(b, any, line);
    }
}

static void write_warnings(struct buf *b, const struct trace_node *n)
{
    static const struct {
        uint16_t flag;
        const char *text;
    } said[] = {
        {SPAN_TIME_MISSING, "a time was missing"},
        {SPAN_TIME_FLIPPED, "it ended before it began"},
        {SPAN_TIME_FUTURE, "it began in the future"},
        {SPAN_BAD_PARENT, "its parent id was malformed or its own"},
        {SPAN_CUT, "a value was longer than is stored"},
        {SPAN_UNFINISHED, "it had no end"},
    };
    const struct span *s = n->span;
    bool any = false;

    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (s->flags & said[i].flag)
            warn(b, &any, said[i].text);
    if (n->flags & NODE_CUT)
        warn(b, &any, "it was its own ancestor");
    warn_dropped(b, &any, s->attrs.dropped, "attributes");
    warn_dropped(b, &any, s->dropped_events, "events");
    warn_dropped(b, &any, s->dropped_links, "links");
    if (any)
        json_close(b, ']');
    else
        json_null(b, "warnings");
}

/* ---- the trace ---- */

static void write_span(struct writer *w, uint32_t node)
{
    const struct trace_node *n = &w->t->nodes[node];
    const struct span *s = n->span;
    struct buf *b = w->b;
    uint8_t id[8];

    id_of(w->t, node, id);
    json_open(b, NULL, '{');
    json_hex(b, "traceID", s->trace_id, 16);
    json_hex(b, "spanID", id, 8);
    json_uint(b, "flags",
              s->otel_flags & 0xff ? s->otel_flags & 0xff : 1); /* it is here: sampled */
    json_text(b, "operationName", s->name.len ? s->name : TEXT("(unnamed)"));
    write_references(w, node);
    json_uint(b, "startTime", s->start_ns / 1000);
    json_uint(b, "duration", (s->end_ns - s->start_ns) / 1000);
    write_tags(b, s);
    json_open(b, "logs", '[');
    for (uint32_t i = 0; i < s->event_count; i++)
        write_log(b, &s->events[i]);
    json_close(b, ']');
    json_open(b, "processID", '"');
    buf_printf(b, "p%u", w->origins.at[w->origins.of[node]].sender + 1);
    json_close(b, '"');
    write_warnings(b, n);
    json_close(b, '}');
}

static void write_processes(struct writer *w)
{
    struct buf *b = w->b;
    char key[16];

    json_open(b, "processes", '{');
    for (uint32_t n = 0; n < w->origins.count; n++) {
        const struct origin *o = &w->origins.at[n];

        if (n && o[-1].sender == o->sender)
            continue;
        snprintf(key, sizeof key, "p%u", o->sender + 1);
        json_open(b, key, '{');
        json_text(b, "serviceName", o->resource->service);
        json_open(b, "tags", '[');
        for (uint32_t i = 0; i < o->resource->attrs.count; i++)
            if (!text_is(o->resource->attrs.at[i].key, "service.name"))
                jaeger_write_tag(b, &o->resource->attrs.at[i]);
        json_close(b, ']');
        json_close(b, '}');
    }
    json_close(b, '}');
}

bool jaeger_write_trace(struct buf *b, const struct trace *t, uint32_t count, uint32_t all)
{
    struct writer w = {.b = b, .t = t, .spans = arena_alloc(b->arena, count * sizeof *w.spans)};
    bool any = false;
    char line[80];

    if (!w.spans)
        return false;
    for (uint32_t i = 0; i < count; i++)
        w.spans[i] = t->nodes[i].span;
    if (!origins_find(w.spans, count, b->arena, &w.origins))
        return false;
    json_open(b, NULL, '{');
    if (count)
        json_hex(b, "traceID", w.spans[0]->trace_id, 16);
    json_open(b, "spans", '[');
    for (uint32_t i = 0; i < count; i++)
        write_span(&w, i);
    json_close(b, ']');
    write_processes(&w);
    if (count < all) {
        snprintf(line, sizeof line, "%u of its %u spans are not shown", all - count, all);
        warn(b, &any, line);
        json_close(b, ']');
    } else {
        json_null(b, "warnings");
    }
    json_close(b, '}');
    return !b->failed;
}
