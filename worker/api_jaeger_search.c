/* api_jaeger_search.c -- Jaeger's searches: /jaeger/api/traces, /jaeger/api/v3/traces and
 * /jaeger/api/v3/trace-summaries. All conditions are about one span of a trace, as in Jaeger.
 * Unlike it, version 3 needs no service, and a limit beyond FOREIGN_TRACES_MAX is that.
 * Source     Jaeger 2.20: query_parser.go, apiv3/http_gateway.go. */
#include "model/jaeger.h"
#include "proto/otlp_write.h"
#include "worker/api_jaeger.h"
#include "worker/api_resources.h"

#define LOOKBACK_MS (48 * 3600000LL)
#define LIMIT 100 /* when none is given */

struct search {
    struct api_call *c;
    struct span_query query;
    struct trace_search wish;
};

/* ---- conditions ---- */

static void also(struct search *s, struct query_term t)
{
    uint32_t node = query_add(&s->query, &t), both;

    both = query_join(&s->query, QUERY_AND, s->wish.root, node);
    if (node == QUERY_NONE || both == QUERY_NONE)
        api_detail(s->c, 400, "too many conditions");
    s->wish.root = both;
}

static void also_text(struct search *s, enum query_field field, struct text value)
{
    if (!text_empty(value))
        also(s, (struct query_term){
                    .field = field, .op = QUERY_EQ, .value = query_literal(value, s->c->arena)});
}

static struct text lower(struct api_call *c, struct text t)
{
    char *out = arena_dup(c->arena, t.at, t.len);

    for (size_t i = 0; out && i < t.len; i++)
        if (out[i] >= 'A' && out[i] <= 'Z')
            out[i] = (char)(out[i] + 32);
    return (struct text){out, out ? t.len : 0};
}

/* What has a field of its own here is a tag in Jaeger. */
static void also_tag(struct search *s, struct text key, struct text value)
{
    static const struct {
        const char *tag;
        enum query_field field;
        bool folded; /* ERROR is error */
    } known[] = {
        {"error", QUERY_ERROR, true},
        {"span.kind", QUERY_KIND, true},
        {"otel.status_code", QUERY_STATUS, true},
        {"otel.status_description", QUERY_STATUS_MESSAGE, false},
        {"otel.scope.name", QUERY_SCOPE_NAME, false},
        {"otel.scope.version", QUERY_SCOPE_VERSION, false},
        {"otel.library.name", QUERY_SCOPE_NAME, false},
        {"otel.library.version", QUERY_SCOPE_VERSION, false},
        {"service.name", QUERY_SERVICE, false},
        {"sentry.op", QUERY_OP, false},
        {"sentry.status", QUERY_STATUS_WORD, false},
        {"event", QUERY_EVENT_NAME, false},
    };
    struct query_term t = {.field = QUERY_ATTR, .scope = QUERY_ANY, .op = QUERY_EQ, .key = key};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!text_is(key, known[i].tag))
            continue;
        t = (struct query_term){.field = known[i].field, .op = QUERY_EQ};
        if (known[i].folded)
            value = lower(s->c, value);
    }
    /* Jaeger also finds the fields of a span's logs. Of ours those are worth the reading that an
     * exception is told by; there are no marks of them. */
    if (text_starts(key, "exception."))
        t.scope = QUERY_ANY_OR_EVENT;
    t.value = query_literal(value, s->c->arena);
    also(s, t);
}

/* {"key":"value"}: what every client sends. */
static bool read_tags_json(struct search *s, const char *name, struct text json)
{
    struct json *v;
    size_t at = 0;
    enum json_rc rc;

    if (text_empty(text_trim(json)))
        return true;
    rc = json_read(json, s->c->arena, &v, &at);
    if (rc != JSON_OK || !json_is(v, JSON_OBJECT)) {
        api_detailf(s->c, 400, "malformed '%s' parameter, cannot unmarshal JSON: %s at byte %zu",
                    name, rc == JSON_OK ? "no object" : json_rc_text(rc), at);
        return false;
    }
    for (const struct json *m = v->child; m; m = m->next)
        also_tag(s, m->key, json_as_text(m, s->c->arena));
    return true;
}

/* Each tag=key:value. */
static bool read_tags(struct search *s)
{
    struct text value;
    uint32_t at = 0;

    while (api_param_next(s->c, "tag", &at, &value)) {
        size_t colon = text_find_byte(value, ':');

        if (colon == value.len) {
            api_detailf(s->c, 400, "malformed 'tag' parameter, expecting key:value, received: %.*s",
                        TEXT_ARG(text_clip(value, 100)));
            return false;
        }
        also_tag(s, text_cut(value, 0, colon), text_cut(value, colon + 1, value.len));
    }
    at = 0;
    while (api_param_next(s->c, "tags", &at, &value))
        if (!read_tags_json(s, "tags", value))
            return false;
    return true;
}

static bool read_duration(struct search *s, const char *name, struct text t, double *ns)
{
    *ns = 0;
    if (text_empty(t) || query_duration(t, ns))
        return true;
    api_detailf(s->c, 400, "unable to parse param '%s': time: invalid duration \"%.*s\"", name,
                TEXT_ARG(text_clip(t, 100)));
    return false;
}

static bool read_durations(struct search *s, const char *min_name, struct text min,
                           const char *max_name, struct text max)
{
    double least, most;
    struct query_term t = {.field = QUERY_DURATION, .op = QUERY_GE, .value.is_number = true};

    if (!read_duration(s, min_name, min, &least) || !read_duration(s, max_name, max, &most))
        return false;
    if (most > 0 && most < least) {
        api_detail(s->c, 400, "'maxDuration' should be greater than 'minDuration'");
        return false;
    }
    t.value.number = least;
    if (least > 0)
        also(s, t);
    t.op = QUERY_LE;
    t.value.number = most;
    if (most > 0)
        also(s, t);
    return true;
}

static bool read_limit(struct search *s, const char *name, struct text t)
{
    unsigned long long v = LIMIT;

    if (!text_empty(t) && (!text_u64(t, &v) || v == 0)) {
        api_detailf(s->c, 400, "unable to parse param '%s': \"%.*s\"", name,
                    TEXT_ARG(text_clip(t, 100)));
        return false;
    }
    s->wish.limit = v < FOREIGN_TRACES_MAX ? (uint32_t)v : FOREIGN_TRACES_MAX;
    return true;
}

/* What has conditions is searched by them. */
static bool search(struct search *s)
{
    if (s->wish.root != QUERY_NONE)
        s->wish.query = &s->query;
    return !s->c->refused && foreign_search(s->c, &s->wish);
}

static bool begin(struct search *s, struct api_call *c)
{
    *s = (struct search){.c = c, .wish = {.root = QUERY_NONE, .order = TRACES_NEWEST}};
    return query_begin(&s->query, c->arena);
}

/* ---- version 1 ---- */

static bool read_v1(struct search *s)
{
    struct api_call *c = s->c;
    int64_t start, end, now = c->now_ms * 1000000;
    struct text service = api_param(c, "service");

    if (text_empty(service)) {
        api_detail(c, 400, "parameter 'service' is required");
        return false;
    }
    if (!foreign_number(c, "start", 1000, now - LOOKBACK_MS * 1000000, &start) ||
        !foreign_number(c, "end", 1000, now, &end))
        return false;
    s->wish.range = (struct api_range){start / 1000000, end / 1000000 + 1, true};
    s->wish.service = service;
    s->wish.operation = api_param(c, "operation");
    also_text(s, QUERY_SERVICE, service);
    also_text(s, QUERY_NAME, s->wish.operation);
    return read_tags(s) &&
           read_durations(s, "minDuration", api_param(c, "minDuration"), "maxDuration",
                          api_param(c, "maxDuration")) &&
           read_limit(s, "limit", api_param(c, "limit"));
}

/* One without spans would have no start, and Grafana sorts by that. */
static bool write_trace(struct api_call *c, const struct trace *t, uint32_t count, uint32_t all,
                        uint32_t *total)
{
    *total += count > 0;
    return count == 0 || jaeger_write_trace(&c->out, t, count, all);
}

static void write_v1(struct search *s)
{
    size_t bytes = FOREIGN_BYTES_MAX;
    uint32_t total = 0;

    jaeger_begin(s->c);
    for (uint32_t i = 0; i < s->wish.count; i++) {
        const struct trace_found *f = &s->wish.found[i];
        uint32_t count = foreign_share(&f->tree, &bytes, s->wish.count - i);

        if (!write_trace(s->c, &f->tree, count, f->stored - f->tree.duplicates, &total))
            return;
    }
    jaeger_end(s->c, total);
}

/* traceID=…: these, as far as they are there. */
static void write_named(struct api_call *c)
{
    size_t bytes = FOREIGN_BYTES_MAX;
    uint32_t at = 0, total = 0, asked = 0;
    struct text id;

    jaeger_begin(c);
    while (api_param_next(c, "traceID", &at, &id) && asked++ < FOREIGN_TRACES_MAX) {
        struct foreign_trace t;

        if (!foreign_find(c, id, &t))
            return;
        if (t.tree.count && !write_trace(c, &t.tree, foreign_fit(&t.tree, &bytes), t.all, &total))
            return;
    }
    jaeger_end(c, total);
}

void jaeger_search(struct api_call *c)
{
    struct search s;

    if (api_param(c, "traceID").at) {
        write_named(c);
        return;
    }
    if (!begin(&s, c))
        return;
    if (read_v1(&s) && search(&s))
        write_v1(&s);
    query_end(&s.query);
}

/* ---- version 3 ---- */

/* Names are in camel case; older clients use underscores. */
static struct text v3_param(struct api_call *c, const char *name, const char *old)
{
    struct text t = api_param(c, name);

    return t.at ? t : api_param(c, old);
}

static bool read_time(struct search *s, const char *name, const char *old, int64_t *ms)
{
    struct text t = v3_param(s->c, name, old);

    if (text_empty(t)) {
        api_detail(s->c, 400, "query.startTimeMin and query.startTimeMax are required");
        return false;
    }
    if (foreign_time(t, ms))
        return true;
    api_detailf(s->c, 400, "malformed parameter %s: \"%.*s\"", name, TEXT_ARG(text_clip(t, 100)));
    return false;
}

static bool read_v3(struct search *s)
{
    struct api_call *c = s->c;
    struct text depth = v3_param(c, "query.searchDepth", "query.search_depth");

    if (!read_time(s, "query.startTimeMin", "query.start_time_min", &s->wish.range.from_ms) ||
        !read_time(s, "query.startTimeMax", "query.start_time_max", &s->wish.range.to_ms))
        return false;
    s->wish.range.to_ms++;
    if (!text_empty(api_param(c, "query.filter"))) {
        api_detail(c, 400, "query.filter is not understood here: use query.attributes");
        return false;
    }
    s->wish.service = v3_param(c, "query.serviceName", "query.service_name");
    s->wish.operation = v3_param(c, "query.operationName", "query.operation_name");
    if (!s->wish.operation.at) /* as Jaeger's own interface has it */
        s->wish.operation = v3_param(c, "query.spanName", "query.span_name");
    also_text(s, QUERY_SERVICE, s->wish.service);
    also_text(s, QUERY_NAME, s->wish.operation);
    return read_tags_json(s, "query.attributes", api_param(c, "query.attributes")) &&
           read_durations(
               s, "query.durationMin", v3_param(c, "query.durationMin", "query.duration_min"),
               "query.durationMax", v3_param(c, "query.durationMax", "query.duration_max")) &&
           read_limit(s, "query.searchDepth",
                      depth.at ? depth : v3_param(c, "query.numTraces", "query.num_traces"));
}

/* All spans of all traces in one list: clients part them by their ids. */
static void write_v3(struct search *s)
{
    size_t bytes = FOREIGN_BYTES_MAX;
    const struct span **spans;
    uint32_t count = 0, room = 0;

    if (s->wish.count == 0) {
        api_detail(s->c, 404, "No traces found");
        return;
    }
    for (uint32_t i = 0; i < s->wish.count; i++)
        room += s->wish.found[i].tree.count;
    if (!(spans = arena_alloc(s->c->arena, room * sizeof *spans)))
        return;
    for (uint32_t i = 0; i < s->wish.count; i++) {
        const struct trace *t = &s->wish.found[i].tree;
        uint32_t fit = foreign_share(t, &bytes, s->wish.count - i);

        for (uint32_t k = 0; k < fit; k++)
            spans[count++] = t->nodes[k].span;
    }
    jaeger3_write(s->c, spans, count);
}

static void write_count(struct buf *b, const char *key, uint32_t v)
{
    if (v)
        json_uint(b, key, v);
}

/* Zero is left out. */
static void write_summary(struct buf *b, const struct trace_found *f)
{
    const struct trace_summary *t = &f->summary;

    json_open(b, NULL, '{');
    json_hex(b, "traceId", f->id, 16);
    json_text(b, "rootServiceName", t->root_service);
    json_text(b, "rootOperationName", t->root_name);
    json_digits(b, "minStartTimeUnixNano", (int64_t)t->start_ns);
    json_digits(b, "maxEndTimeUnixNano", (int64_t)t->end_ns);
    write_count(b, "spanCount", f->stored - f->tree.duplicates);
    write_count(b, "errorSpanCount", t->errors);
    write_count(b, "orphanSpanCount", t->orphans);
    json_open(b, "services", '[');
    for (uint32_t i = 0; i < t->service_count; i++) {
        json_open(b, NULL, '{');
        json_text(b, "name", t->services[i].name);
        write_count(b, "spanCount", t->services[i].spans);
        write_count(b, "errorSpanCount", t->services[i].errors);
        json_close(b, '}');
    }
    json_close(b, ']');
    json_close(b, '}');
}

static void write_summaries(struct search *s)
{
    struct buf *b = &s->c->out;

    json_open(b, NULL, '{');
    json_open(b, "summaries", '[');
    for (uint32_t i = 0; i < s->wish.count; i++)
        write_summary(b, &s->wish.found[i]);
    json_close(b, ']');
    json_close(b, '}');
    api_done(s->c, 200);
}

void jaeger3_search(struct api_call *c)
{
    struct search s;

    if (!begin(&s, c))
        return;
    if (read_v3(&s) && search(&s))
        write_v3(&s);
    query_end(&s.query);
}

void jaeger3_summaries(struct api_call *c)
{
    struct search s;

    if (!begin(&s, c))
        return;
    if (read_v3(&s)) {
        s.wish.outline = text_empty(api_param(c, "query.attributes"));
        if (search(&s))
            write_summaries(&s);
    }
    query_end(&s.query);
}
