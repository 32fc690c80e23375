/* otel_error.c -- finding exceptions on spans and log records. */
#include "model/otel_error.h"

#include <sodium.h>

#define BUCKET_NS (600 * 1000000000ULL)

static bool is_true(const struct attr *at)
{
    if (!at)
        return false;
    if (at->kind == ATTR_STRING) /* Python sends "True" */
        return text_eq_nocase(at->text, TEXT("true"));
    return at->kind == ATTR_BOOL && at->integer;
}

static void put(crypto_hash_sha256_state *h, struct text t)
{
    uint64_t len = t.len;

    crypto_hash_sha256_update(h, (const unsigned char *)&len, sizeof len);
    if (t.len)
        crypto_hash_sha256_update(h, (const unsigned char *)t.at, t.len);
}

/* Without a trace, nothing but the time tells two of them apart. */
static void make_id(struct otel_error *e, uint32_t project)
{
    bool traced = !id_is_zero(e->trace_id, 16);
    uint64_t time = traced ? e->time_ns / BUCKET_NS : e->time_ns;
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state h;

    crypto_hash_sha256_init(&h);
    crypto_hash_sha256_update(&h, (const unsigned char *)&project, sizeof project);
    crypto_hash_sha256_update(&h, e->trace_id, sizeof e->trace_id);
    crypto_hash_sha256_update(&h, (const unsigned char *)&time, sizeof time);
    put(&h, e->type);
    put(&h, e->message);
    put(&h, e->stack);
    if (!traced)
        put(&h, e->resource->service);
    crypto_hash_sha256_final(&h, digest);
    memcpy(e->id, digest, 16);
    e->id[6] = (uint8_t)((e->id[6] & 0x0f) | 0x50); /* RFC 9562: made of a name */
    e->id[8] = (uint8_t)((e->id[8] & 0x3f) | 0x80);
}

/* Type, message and stack. False: there is neither of the first two. */
static bool read_attrs(const struct attrs *attrs, struct otel_error *e)
{
    const struct attr *stack = attr_get(attrs, "exception.stacktrace");

    e->attrs = attrs;
    e->type = attr_string(attrs, "exception.type");
    e->message = attr_string(attrs, "exception.message");
    e->escaped = is_true(attr_get(attrs, "exception.escaped"));
    if (stack && (stack->kind == ATTR_STRING || stack->kind == ATTR_JSON)) {
        e->stack = stack->text;
        e->causes = stack->kind == ATTR_JSON;
    }
    return e->type.len || e->message.len;
}

static bool from_span(const struct span *s, const struct attrs *attrs, uint64_t time_ns,
                      uint32_t project, struct otel_error *e)
{
    *e = (struct otel_error){
        .time_ns = time_ns, .span = s, .resource = s->resource, .scope = s->scope};
    if (!read_attrs(attrs, e))
        return false;
    memcpy(e->trace_id, s->trace_id, 16);
    memcpy(e->span_id, s->span_id, 8);
    e->level = s->flags & SPAN_ERROR || e->escaped ? LEVEL_ERROR : LEVEL_WARNING;
    make_id(e, project);
    return true;
}

/* A log message about an error of which only the message came along is named by its event, as
 * tracing-opentelemetry does it. */
static bool is_exception(const struct span_event *e)
{
    return text_eq_nocase(e->name, TEXT("exception")) || attr_get(&e->attrs, "exception.type") ||
           attr_get(&e->attrs, "exception.message");
}

bool otel_span_errors(const struct span *s, uint32_t project, struct arena *a,
                      struct otel_error **out, uint32_t *count)
{
    uint32_t room = 0;
    bool own = attr_get(&s->attrs, "exception.message") || attr_get(&s->attrs, "exception.type");

    *out = NULL;
    *count = 0;
    for (uint32_t i = 0; i < s->event_count; i++)
        room += is_exception(&s->events[i]);
    if (!room && !own)
        return true;
    if (!(*out = arena_alloc(a, (room + 1) * sizeof **out)))
        return false;
    for (uint32_t i = 0; i < s->event_count; i++) {
        const struct span_event *e = &s->events[i];

        if (is_exception(e) &&
            from_span(s, &e->attrs, e->time_ns ? e->time_ns : s->end_ns, project, &(*out)[*count]))
            ++*count;
    }
    if (*count == 0 && own && from_span(s, &s->attrs, s->end_ns, project, *out))
        *count = 1;
    return true;
}

static enum level level_of(uint8_t severity)
{
    if (severity >= 21)
        return LEVEL_FATAL;
    if (severity >= 17 || severity == 0)
        return LEVEL_ERROR;
    if (severity >= 13)
        return LEVEL_WARNING;
    return severity >= 9 ? LEVEL_INFO : LEVEL_DEBUG;
}

bool otel_log_error(const struct logrec *l, uint32_t project, struct otel_error *e)
{
    *e = (struct otel_error){
        .time_ns = l->time_ns, .log = l, .resource = l->resource, .scope = l->scope};
    if (!read_attrs(&l->attrs, e))
        return false;
    memcpy(e->trace_id, l->trace_id, 16);
    memcpy(e->span_id, l->span_id, 8);
    e->level = level_of(l->severity);
    make_id(e, project);
    return true;
}
