/* sentry_attr.c -- ids, times, attributes, statuses and origins as Sentry writes them. */
#include <math.h>

#include "proto/hex.h"
#include "proto/limits.h"
#include "proto/sentry_part.h"
#include "proto/timestamp.h"
#include "proto/utf8.h"

/* Smaller differences are the network's doing (Relay: MINIMUM_CLOCK_DRIFT). */
#define DRIFT_MIN_US (55LL * 60 * 1000000)

/* How many spans each of these stands for: the header's rate is a string as a rule, older SDKs and
 * other people's write a number. */
static double weight_of(const struct json *trace)
{
    double rate;

    if (!json_double(json_get(trace, "sample_rate"), &rate) || !(rate > 0 && rate <= 1))
        return 1;
    return rate < 1e-6 ? 1e6 : 1 / rate;
}

struct sentry_work sentry_begin(const struct sentry_context *ctx, struct arena *a)
{
    struct sentry_work w = {.ctx = ctx, .a = a, .weight = weight_of(ctx->trace)};
    int64_t sent_us, drift;

    if (timestamp_read(ctx->sent_at, &sent_us) && sent_us >= 0) {
        drift = ctx->received_us - sent_us;
        if (drift >= DRIFT_MIN_US || drift <= -DRIFT_MIN_US)
            w.shift_us = drift;
    }
    return w;
}

bool sentry_trace_id(const struct json *v, uint8_t out[16], struct arena *a)
{
    struct text t = json_string(v, a);

    return uuid_read(t, out) && !id_is_zero(out, 16);
}

bool sentry_span_id(const struct json *v, uint8_t out[8], struct arena *a)
{
    return hex_read_id(json_string(v, a), out, 8);
}

bool sentry_time(struct sentry_work *w, const struct json *v, uint64_t *ns)
{
    int64_t us;

    if (!timestamp_json(v, &us) || us < 0 || __builtin_add_overflow(us, w->shift_us, &us) ||
        us < 0 || us > INT64_MAX / 1000)
        return false;
    *ns = (uint64_t)us * 1000;
    return true;
}

/* ---- attributes ---- */

static void add_plain(struct attr_list *l, const struct json *m, bool missing_only)
{
    struct attr *at;

    if (m->kind == JSON_NULL)
        return;
    if (missing_only)
        for (uint32_t i = 0; i < l->attrs.count; i++)
            if (text_eq(l->attrs.at[i].key, m->key))
                return;
    if ((at = attr_add(l, m->key)))
        attr_set_json(at, m, l->arena);
}

void sentry_data(struct attr_list *l, const struct json *data)
{
    for (const struct json *m = json_is(data, JSON_OBJECT) ? data->child : NULL; m; m = m->next)
        add_plain(l, m, false);
}

void sentry_data_missing(struct attr_list *l, const struct json *data)
{
    for (const struct json *m = json_is(data, JSON_OBJECT) ? data->child : NULL; m; m = m->next)
        add_plain(l, m, true);
}

/* Trimmed and lower-cased; TEXT_NONE when it is no name. */
static struct text measurement_name(struct text name, struct arena *a)
{
    char *copy;

    name = text_clip(text_trim(name), ATTR_KEY_MAX / 2);
    if (!name.len || !(copy = arena_dup(a, name.at, name.len)))
        return TEXT_NONE;
    for (size_t i = 0; i < name.len; i++) {
        char c = copy[i];

        if (c >= 'A' && c <= 'Z')
            copy[i] |= 0x20;
        else if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
                   c == '-'))
            return TEXT_NONE;
    }
    return (struct text){copy, name.len};
}

void sentry_measurements(struct attr_list *l, const struct json *measurements)
{
    const struct json *m = json_is(measurements, JSON_OBJECT) ? measurements->child : NULL;

    for (; m; m = m->next) {
        const struct json *value = json_get(m, "value");
        struct text name, unit;
        struct attr *at;
        double v;

        if (!json_is(value, JSON_NUMBER) || !json_double(value, &v) || !isfinite(v))
            continue;
        name = measurement_name(m->key, l->arena);
        if (!name.len)
            continue;
        if ((at = attr_add(l, arena_printf(l->arena, "measurements.%.*s", TEXT_ARG(name))))) {
            at->kind = ATTR_DOUBLE;
            at->real = v;
        }
        unit = json_string(json_get(m, "unit"), l->arena);
        if (unit.len &&
            (at = attr_add(l, arena_printf(l->arena, "measurements.%.*s.unit", TEXT_ARG(name)))))
            attr_set_text(at, ATTR_STRING, unit, l->arena);
    }
}

/* The stated type counts where the value can bear it; else the value speaks for itself. */
static void set_typed(struct attr *at, struct text type, const struct json *value, struct arena *a)
{
    if (text_is(type, "double") && json_double(value, &at->real))
        at->kind = ATTR_DOUBLE;
    else if (text_is(type, "integer") && json_int64(value, &at->integer))
        at->kind = ATTR_INT;
    else
        attr_set_json(at, value, a);
}

void sentry_attributes(struct attr_list *l, const struct json *attributes)
{
    const struct json *m = json_is(attributes, JSON_OBJECT) ? attributes->child : NULL;

    for (; m; m = m->next) {
        const struct json *value = json_get(m, "value");
        struct text type = json_string(json_get(m, "type"), l->arena);
        struct attr *at;

        if (m->kind != JSON_OBJECT) {
            add_plain(l, m, false); /* a bare value: Relay drops it, we know what it is */
            continue;
        }
        if (!value || value->kind == JSON_NULL || !(at = attr_add(l, m->key)))
            continue;
        set_typed(at, type, value, l->arena);
    }
}

/* ---- status, links ---- */

void sentry_status(struct span *s, const struct json *v, struct arena *a)
{
    int64_t number;

    if (!v || v->kind == JSON_NULL)
        s->status = STATUS_NONE;
    else if (json_int64(v, &number))
        s->status = span_status_of_number(number);
    else
        s->status = span_status_of(json_string(v, a));
    s->code = span_status_failed(s->status) ? SPAN_FAILED : SPAN_UNSET;
    if (s->code == SPAN_FAILED)
        s->flags |= SPAN_ERROR;
}

void sentry_links(struct span *s, const struct json *links, struct arena *a)
{
    uint32_t sent = json_is(links, JSON_ARRAY) ? links->count : 0;
    uint32_t room = sent < SPAN_LINKS_MAX ? sent : SPAN_LINKS_MAX;

    if (!room || !(s->links = arena_zero(a, room, sizeof *s->links)))
        return;
    for (const struct json *m = links->child; m && s->link_count < room; m = m->next) {
        struct span_link *l = &s->links[s->link_count];
        struct attr_list attrs;

        if (!sentry_trace_id(json_get(m, "trace_id"), l->trace_id, a) ||
            !sentry_span_id(json_get(m, "span_id"), l->span_id, a))
            continue;
        l->otel_flags = json_is(json_get(m, "sampled"), JSON_TRUE);
        attr_list_init(&attrs, a, 4, SPAN_ATTRS_MAX);
        sentry_attributes(&attrs, json_get(m, "attributes"));
        l->attrs = attrs.attrs;
        s->link_count++;
    }
    s->dropped_links = sent - s->link_count;
}

/* ---- origin ---- */

const struct resource *sentry_resource(struct sentry_work *w, const struct sentry_origin *o)
{
    struct resource *r = arena_zero(w->a, 1, sizeof *r);
    struct attr_list l;

    if (!r)
        return NULL;
    r->service = o->service.len
                     ? o->service
                     : (w->ctx->project_slug.len ? w->ctx->project_slug : TEXT("unknown_service"));
    r->service = text_clip(r->service, ATTR_KEY_MAX);
    r->release = text_clip_chars(o->release, EVENT_RELEASE_MAX);
    r->environment = text_clip_chars(o->environment, EVENT_ENVIRONMENT_MAX);
    r->platform = o->platform;
    attr_list_init(&l, w->a, 12, SPAN_ATTRS_MAX);
    attr_add_text(&l, "service.name", r->service);
    attr_add_text(&l, "sentry.release", r->release);
    attr_add_text(&l, "sentry.dist", o->dist);
    attr_add_text(&l, "deployment.environment.name", r->environment);
    attr_add_text(&l, "sentry.platform", o->platform);
    attr_add_text(&l, "host.name", o->server_name);
    attr_add_text(&l, "telemetry.sdk.name", o->sdk_name);
    attr_add_text(&l, "telemetry.sdk.version", o->sdk_version);
    attr_add_text(&l, "process.runtime.name", o->runtime_name);
    attr_add_text(&l, "process.runtime.version", o->runtime_version);
    attr_add_text(&l, "os.name", o->os_name);
    attr_add_text(&l, "os.version", o->os_version);
    r->attrs = l.attrs;
    return r;
}

static struct text first_of(const struct attrs *attrs, const char *a, const char *b)
{
    struct text t = attr_string(attrs, a);

    return t.len || !b ? t : attr_string(attrs, b);
}

const struct resource *sentry_resource_of(struct sentry_work *w, const struct attrs *attrs)
{
    const struct json *sdk = w->ctx->sdk;
    struct sentry_origin o = {
        .service = first_of(attrs, "service.name", "service"),
        .release = first_of(attrs, "sentry.release", "release"),
        .environment = first_of(attrs, "sentry.environment", "environment"),
        .platform = first_of(attrs, "sentry.platform", NULL),
        .server_name = first_of(attrs, "server.address", "host.name"),
        .sdk_name = first_of(attrs, "sentry.sdk.name", NULL),
        .sdk_version = first_of(attrs, "sentry.sdk.version", NULL),
    };

    /* server.address of a client's span is the other side. */
    if (attr_get(attrs, "http.request.method") || attr_get(attrs, "db.system"))
        o.server_name = attr_string(attrs, "host.name");
    if (!o.release.len)
        o.release = json_string(json_get(w->ctx->trace, "release"), w->a);
    if (!o.environment.len)
        o.environment = json_string(json_get(w->ctx->trace, "environment"), w->a);
    if (!o.sdk_name.len) {
        o.sdk_name = json_string(json_get(sdk, "name"), w->a);
        o.sdk_version = json_string(json_get(sdk, "version"), w->a);
    }
    if (!o.platform.len)
        o.platform = w->ctx->platform;
    return sentry_resource(w, &o);
}
