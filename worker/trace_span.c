/* trace_span.c -- one span with all it has. */
#include "model/span_name.h"
#include "worker/trace_view.h"

static void write_events(struct buf *b, const struct span *s)
{
    json_open(b, "events", '[');
    for (uint32_t i = 0; i < s->event_count; i++) {
        const struct span_event *e = &s->events[i];

        json_open(b, NULL, '{');
        json_text(b, "name", e->name);
        json_num(b, "offsetUs", (double)(int64_t)(e->time_ns - s->start_ns) / 1e3);
        attrs_write_pairs(b, "attributes", &e->attrs);
        json_uint(b, "droppedAttributes", e->attrs.dropped);
        json_close(b, '}');
    }
    json_close(b, ']');
    json_open(b, "links", '[');
    for (uint32_t i = 0; i < s->link_count; i++) {
        json_open(b, NULL, '{');
        json_hex(b, "traceId", s->links[i].trace_id, 16);
        json_hex(b, "spanId", s->links[i].span_id, 8);
        attrs_write_pairs(b, "attributes", &s->links[i].attrs);
        json_close(b, '}');
    }
    json_close(b, ']');
}

/* What was wrong with it when it came. */
static void write_notes(struct buf *b, uint16_t flags)
{
    static const struct {
        uint16_t flag;
        const char *note;
    } NOTES[] = {{SPAN_TIME_MISSING, "start or end were not sent"},
                 {SPAN_TIME_FLIPPED, "it ended before it started"},
                 {SPAN_TIME_FUTURE, "it started later than it was received"},
                 {SPAN_BAD_PARENT, "its parent was no span id, or its own"},
                 {SPAN_CUT, "a value was too long, and was cut"},
                 {SPAN_UNFINISHED, "it had no end"}};

    json_open(b, "notes", '[');
    for (size_t i = 0; i < sizeof NOTES / sizeof *NOTES; i++)
        if (flags & NOTES[i].flag)
            json_str(b, NULL, NOTES[i].note);
    json_close(b, ']');
}

const char *trace_status(const struct span *s)
{
    if (s->status != STATUS_NONE)
        return span_status_name(s->status);
    return s->code == SPAN_OK ? "ok" : s->code == SPAN_FAILED ? "error" : "unset";
}

static void write_origin(struct api_call *c, const struct span *s)
{
    const struct resource *r = s->resource;
    const struct api_project *p = api_project_by_id(c, span_source(s)->project);
    struct buf *b = &c->out;

    json_text(b, "service", r->service);
    json_text(b, "release", r->release);
    json_text(b, "environment", r->environment);
    json_text(b, "platform", r->platform);
    json_text(b, "project", p ? p->slug : TEXT_NONE);
    json_text(b, "scope", s->scope ? s->scope->name : TEXT_NONE);
    json_text(b, "scopeVersion", s->scope ? s->scope->version : TEXT_NONE);
}

void trace_write_span(struct api_call *c, const struct trace *t, uint32_t n)
{
    const struct span *s = t->nodes[n].span;
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_hex(b, "traceId", s->trace_id, 16);
    json_hex(b, "spanId", s->span_id, 8);
    if (id_is_zero(s->parent_id, 8))
        json_null(b, "parentSpanId");
    else
        json_hex(b, "parentSpanId", s->parent_id, 8);
    json_uint(b, "count", t->count);
    json_text(b, "name", span_operation(s));
    json_str(b, "kind", span_kind_name(s->kind));
    json_text(b, "op", span_op(s));
    json_text(b, "description", span_description(s, c->arena));
    json_str(b, "status", trace_status(s));
    json_text(b, "statusMessage", s->status_message.len ? s->status_message : TEXT_NONE);
    json_raw(b, "start", arena_printf(c->arena, "%.3f", (double)(s->start_ns / 1000) / 1e3));
    trace_us(b, "durationUs", s->end_ns - s->start_ns);
    json_text(b, "traceState", s->trace_state.len ? s->trace_state : TEXT_NONE);
    json_num(b, "weight", s->weight);
    write_origin(c, s);
    attrs_write_pairs(b, "attributes", &s->attrs);
    attrs_write_pairs(b, "resource", &s->resource->attrs);
    write_events(b, s);
    json_uint(b, "droppedAttributes", s->attrs.dropped);
    json_uint(b, "droppedEvents", s->dropped_events);
    json_uint(b, "droppedLinks", s->dropped_links);
    write_notes(b, s->flags);
    json_close(b, '}');
    api_done(c, 200);
}
