/* otlp_item.c -- what makes a span or a log record valid, and what follows from its fields. The
 * same for both encodings. */
#include "proto/limits.h"
#include "proto/otlp_reader.h"

#define NS_PER_S 1000000000ULL

void otlp_reject(struct otlp *o, enum otlp_reject why)
{
    o->tally.rejected++;
    o->tally.rejects[why]++;
}

/* ---- resource ---- */

/* Sentry's word for a telemetry.sdk.language, as Relay maps it. */
static struct text platform_of(struct text language)
{
    if (text_is(language, "dotnet"))
        return TEXT("csharp");
    if (text_is(language, "nodejs"))
        return TEXT("node");
    if (text_is(language, "webjs"))
        return TEXT("javascript");
    return language;
}

/* "service@version", so that versions of two services are two releases, unless it says so itself.
 */
static struct text release_of(struct text service, struct text version, struct arena *a)
{
    if (!version.len || !service.len || text_find_byte(version, '@') < version.len)
        return version.len ? version : TEXT_NONE;
    return arena_printf(a, "%.*s@%.*s", TEXT_ARG(service), TEXT_ARG(version));
}

void otlp_finish_resource(struct otlp *o, struct resource *r)
{
    static const char *const environments[] = {
        "deployment.environment.name", "deployment.environment", "sentry.environment", NULL};
    const struct attr *service = attr_get(&r->attrs, "service.name");
    const struct attr *environment = attr_first(&r->attrs, environments);
    struct text name = attr_string(&r->attrs, "service.name");

    attrs_fit(&r->attrs, RESOURCE_BYTES_MAX);
    if (service && service->kind != ATTR_STRING && service->kind != ATTR_EMPTY)
        o->tally.bad_services++;
    r->service = name.len ? text_clip(name, ATTR_KEY_MAX) : TEXT("unknown_service");
    r->environment = environment && environment->kind == ATTR_STRING && environment->text.len
                         ? text_clip(environment->text, EVENT_ENVIRONMENT_MAX)
                         : TEXT_NONE;
    r->release = release_of(name, attr_string(&r->attrs, "service.version"), o->keep);
    r->release = text_clip(r->release, EVENT_RELEASE_MAX);
    r->platform = platform_of(attr_string(&r->attrs, "telemetry.sdk.language"));
}

const struct resource *otlp_no_resource(struct otlp *o)
{
    struct resource *r = arena_zero(o->keep, 1, sizeof *r);

    if (r)
        otlp_finish_resource(o, r);
    else
        otlp_fail(o, OTLP_SPENT);
    return r;
}

/* ---- span ---- */

static bool check_ids(struct otlp *o, struct span *s, const struct otlp_ids *ids)
{
    if (!ids->trace_ok || id_is_zero(s->trace_id, 16)) {
        otlp_reject(o, OTLP_BAD_TRACE_ID);
        return false;
    }
    if (!ids->span_ok || id_is_zero(s->span_id, 8)) {
        otlp_reject(o, OTLP_BAD_SPAN_ID);
        return false;
    }
    if (!ids->parent_ok || memcmp(s->parent_id, s->span_id, 8) == 0) {
        memset(s->parent_id, 0, 8);
        s->flags |= SPAN_BAD_PARENT;
        o->tally.bad_parents++;
    }
    return true;
}

static bool is_too_old(struct otlp *o, uint64_t time_ns)
{
    if (o->ctx.oldest_ns <= 0 || time_ns >= (uint64_t)o->ctx.oldest_ns)
        return false;
    otlp_reject(o, OTLP_TOO_OLD);
    return true;
}

static bool check_times(struct otlp *o, struct span *s)
{
    uint64_t now = (uint64_t)o->ctx.received_ns;

    if (s->start_ns > INT64_MAX || s->end_ns > INT64_MAX) {
        otlp_reject(o, OTLP_BAD_TIME);
        return false;
    }
    if (s->start_ns == 0 || s->end_ns == 0)
        s->flags |= SPAN_TIME_MISSING;
    if (s->start_ns == 0)
        s->start_ns = s->end_ns ? s->end_ns : now;
    if (s->end_ns == 0)
        s->end_ns = s->start_ns;
    if (s->end_ns < s->start_ns) {
        s->end_ns = s->start_ns;
        s->flags |= SPAN_TIME_FLIPPED;
    }
    if (s->start_ns > now && s->start_ns - now > SPAN_FUTURE_MAX_S * NS_PER_S)
        s->flags |= SPAN_TIME_FUTURE;
    return !is_too_old(o, s->end_ns);
}

/* An event without a time of its own came at the latest when the span ended. */
static void check_events(struct span *s)
{
    for (uint32_t i = 0; i < s->event_count; i++)
        if (s->events[i].time_ns == 0 || s->events[i].time_ns > INT64_MAX)
            s->events[i].time_ns = s->end_ns;
}

/* Without a status, old senders said it by an attribute or by the HTTP status alone. */
static bool failed_by_attrs(const struct span *s)
{
    static const char *const codes[] = {"http.response.status_code", "http.status_code", NULL};
    const struct attr *error = attr_get(&s->attrs, "error");
    int64_t code;

    if (error && ((error->kind == ATTR_BOOL && error->integer) ||
                  (error->kind == ATTR_STRING && text_eq_nocase(error->text, TEXT("true")))))
        return true;
    return s->kind == SPAN_SERVER && attr_int(attr_first(&s->attrs, codes), &code) && code >= 500;
}

/* Does it start a unit of work in its service, as far as it can tell by itself? */
static bool is_entry(const struct span *s)
{
    if (id_is_zero(s->parent_id, 8))
        return true;
    if (s->otel_flags & 0x100) /* it knows whether its parent is remote */
        return s->otel_flags & 0x200;
    return s->kind == SPAN_SERVER || s->kind == SPAN_CONSUMER;
}

/* How many spans this one stands for: tracestate `ot=th:…`, the rejection threshold as hex digits,
 * left-aligned in 56 bits (OpenTelemetry, "TraceState: probability sampling"). */
static double weight_of(struct text state)
{
    size_t at = text_find(state, TEXT("ot="));
    struct text ot = text_cut(state, at + 3, state.len), th;
    uint64_t threshold = 0;
    int digits = 0;

    if (at == state.len || (at > 0 && state.at[at - 1] != ',' && state.at[at - 1] != ' '))
        return 1;
    ot = text_cut(ot, 0, text_find_byte(ot, ','));
    at = text_find(ot, TEXT("th:"));
    if (at == ot.len || (at > 0 && ot.at[at - 1] != ';'))
        return 1;
    th = text_cut(ot, at + 3, ot.len);
    for (; (size_t)digits < th.len && th.at[digits] != ';'; digits++) {
        char c = th.at[digits] | 0x20;
        int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

        if (v < 0 || digits == 14)
            return 1;
        threshold = threshold << 4 | (uint64_t)v;
    }
    threshold <<= 4 * (14 - digits);
    return digits ? 0x1p56 / (0x1p56 - (double)threshold) : 1;
}

bool otlp_finish_span(struct otlp *o, struct span *s, const struct otlp_ids *ids)
{
    if (arena_spent(&o->scratch)) {
        otlp_reject(o, OTLP_TOO_LARGE);
        return false;
    }
    if (!check_ids(o, s, ids) || !check_times(o, s))
        return false;
    check_events(s);
    if (s->kind > SPAN_CONSUMER)
        s->kind = SPAN_UNSPECIFIED;
    if (s->code > SPAN_FAILED)
        s->code = SPAN_UNSET; /* do not invent errors */
    s->weight = s->trace_state.len ? weight_of(s->trace_state) : 1;
    if (s->code == SPAN_FAILED || (s->code == SPAN_UNSET && failed_by_attrs(s)))
        s->flags |= SPAN_ERROR;
    if (is_entry(s))
        s->flags |= SPAN_ENTRY;
    s->resource = o->resource;
    s->scope = o->scope;
    o->tally.accepted++;
    return true;
}

/* ---- log record ---- */

bool otlp_finish_log(struct otlp *o, struct logrec *l, const struct otlp_ids *ids)
{
    if (arena_spent(&o->scratch)) {
        otlp_reject(o, OTLP_TOO_LARGE);
        return false;
    }
    if (l->time_ns > INT64_MAX || l->observed_ns > INT64_MAX) {
        otlp_reject(o, OTLP_BAD_TIME);
        return false;
    }
    if (l->time_ns == 0)
        l->time_ns = l->observed_ns;
    if (l->time_ns == 0) {
        l->time_ns = (uint64_t)o->ctx.received_ns;
        l->flags |= LOG_TIME_MISSING;
    }
    if (is_too_old(o, l->time_ns))
        return false;
    if ((ids->trace_sent && !ids->trace_ok) || (ids->span_sent && !ids->span_ok)) {
        l->flags |= LOG_BAD_ID;
        o->tally.bad_log_ids++;
    }
    if (!ids->trace_ok)
        memset(l->trace_id, 0, 16);
    if (!ids->span_ok || id_is_zero(l->trace_id, 16))
        memset(l->span_id, 0, 8);
    if (l->severity == 0 || l->severity > 24)
        l->severity = severity_of(l->severity_text);
    if (!l->event_name.len)
        l->event_name = attr_string(&l->attrs, "event.name"); /* before OTLP 1.5 */
    l->resource = o->resource;
    l->scope = o->scope;
    o->tally.accepted++;
    return true;
}
