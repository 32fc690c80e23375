/* api_tempo_search.c -- /tempo/api/search: TraceQL, or tags in logfmt, which are turned into it.
 * Source     Tempo: docs, api_docs ("Search"); pkg/api/http.go; tempopb SearchResponse as JSON. */
#include "model/traceql.h"
#include "worker/api_resources.h"
#include "worker/foreign.h"

#define NS_PER_S 1000000000LL
#define LOOKBACK_S 3600 /* when no time is given */
#define LIMIT 20        /* traces, when nothing is said */
#define SPANS 3         /* spans of each, likewise */
#define SPANS_MAX 100

struct search {
    struct api_call *c;
    struct traceql ql;
    struct span_query lengths; /* minDuration, maxDuration */
    struct trace_search wish;
    uint32_t spans;
};

/* ---- tags → TraceQL ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A bare word, or a quoted one with its escapes: as it stands, without quotes. */
static struct text logfmt_word(struct text *rest, char stop)
{
    struct text t = *rest;
    size_t at = 0;

    if (t.len && t.at[0] == '"') {
        for (at = 1; at < t.len && t.at[at] != '"'; at++)
            at += t.at[at] == '\\' && at + 1 < t.len;
        *rest = text_cut(t, at + 1, t.len);
        return text_cut(t, 1, at - 1);
    }
    while (at < t.len && !is_blank(t.at[at]) && t.at[at] != stop)
        at++;
    *rest = text_cut(t, at, t.len);
    return text_cut(t, 0, at);
}

static void put_quoted(struct buf *b, struct text t, bool escaped)
{
    buf_byte(b, '"');
    for (size_t i = 0; i < t.len; i++) {
        if (!escaped && (t.at[i] == '"' || t.at[i] == '\\'))
            buf_byte(b, '\\');
        buf_byte(b, t.at[i]);
    }
    buf_byte(b, '"');
}

/* The words that version 1 has for more than attributes. */
static const char *intrinsic_of(struct text key)
{
    static const char *const words[][2] = {{"name", "name"},
                                           {"root.name", "rootName"},
                                           {"root.service.name", "rootServiceName"},
                                           {"status.message", "statusMessage"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(key, words[i][0]))
            return words[i][1];
    return NULL;
}

/* key=value … : each of some span, not all of the same. */
static struct text tags_as_traceql(struct api_call *c, struct text tags)
{
    struct buf b = api_buf(c);

    for (tags = text_trim(tags); tags.len; tags = text_trim(tags)) {
        struct text key = logfmt_word(&tags, '='), value = TEXT("");
        const char *intrinsic = intrinsic_of(key);
        bool quoted = false;

        if (tags.len && tags.at[0] == '=') {
            tags = text_cut(tags, 1, tags.len);
            quoted = tags.len && tags.at[0] == '"';
            value = logfmt_word(&tags, ' ');
        }
        if (b.len)
            buf_str(&b, " && ");
        buf_str(&b, "{ ");
        if (text_is(key, "error") && text_is(value, "true")) {
            buf_str(&b, "status = error }");
            continue;
        }
        buf_str(&b, intrinsic ? intrinsic : ".");
        if (!intrinsic)
            put_quoted(&b, key, false);
        buf_str(&b, " = ");
        put_quoted(&b, value, quoted);
        buf_str(&b, " }");
    }
    return buf_result(&b);
}

/* ---- the request ---- */

static bool read_query(struct search *s)
{
    struct text q = text_trim(api_param(s->c, "q")), tags = api_param(s->c, "tags"), error;

    s->ql.query = (struct span_query){.count = 0};
    if (text_empty(q) && !text_empty(text_trim(tags)))
        q = tags_as_traceql(s->c, tags);
    if (text_empty(q))
        return true;
    if (!traceql_read(q, s->c->arena, &s->ql, &error)) {
        api_detailf(s->c, 400, "invalid TraceQL query: %.*s", TEXT_ARG(error));
        return false;
    }
    s->wish.ql = &s->ql;
    return true;
}

static bool read_length(struct search *s, const char *name, enum query_op op)
{
    struct query_term t = {.field = QUERY_TRACE_DURATION, .op = op, .value.is_number = true};
    struct text length = api_param(s->c, name);

    if (text_empty(length))
        return true;
    if (!query_duration(length, &t.value.number)) {
        api_detailf(s->c, 400, "invalid %s: time: invalid duration \"%.*s\"", name,
                    TEXT_ARG(text_clip(length, 100)));
        return false;
    }
    s->wish.root = query_join(&s->lengths, QUERY_AND, s->wish.root, query_add(&s->lengths, &t));
    s->wish.query = &s->lengths;
    return true;
}

static bool read_count(struct search *s, const char *name, uint32_t fallback, uint32_t max,
                       uint32_t *out)
{
    struct text t = api_param(s->c, name);
    unsigned long long v = fallback;

    if (!text_empty(t) && (!text_u64(t, &v) || v == 0)) {
        api_detailf(s->c, 400, "invalid %s: must be a positive number", name);
        return false;
    }
    *out = v < max ? (uint32_t)v : max;
    return true;
}

static bool read_wish(struct search *s)
{
    int64_t start, end, now = s->c->now_ms * 1000000;

    if (!foreign_number(s->c, "end", NS_PER_S, now, &end) ||
        !foreign_number(s->c, "start", NS_PER_S, end - LOOKBACK_S * NS_PER_S, &start))
        return false;
    if (start > end) {
        api_detail(s->c, 400, "invalid start: must be before end");
        return false;
    }
    s->wish.range = (struct api_range){start / 1000000, end / 1000000 + 1, true};
    return read_query(s) && read_length(s, "minDuration", QUERY_GE) &&
           read_length(s, "maxDuration", QUERY_LE) &&
           read_count(s, "limit", LIMIT, FOREIGN_TRACES_MAX, &s->wish.limit) &&
           read_count(s, "spss", SPANS, SPANS_MAX, &s->spans);
}

/* ---- the answer ---- */

static const struct attr *attr_of(const struct attrs *list, struct text key)
{
    for (uint32_t i = list->count; i-- > 0;)
        if (text_eq(list->at[i].key, key))
            return &list->at[i];
    return NULL;
}

static const struct attr *attr_asked(const struct span *s, const struct query_term *t)
{
    struct text names[QUERY_ALIASES];
    const struct attr *at = NULL;

    query_aliases(t->key, names);
    for (int i = 0; !at && i < QUERY_ALIASES && names[i].at; i++) {
        if (t->scope == QUERY_ANY || t->scope == QUERY_SPAN)
            at = attr_of(&s->attrs, names[i]);
        if (!at && (t->scope == QUERY_ANY || t->scope == QUERY_RESOURCE))
            at = attr_of(&s->resource->attrs, names[i]);
    }
    return at;
}

/* What was asked about is shown, with the type it has. */
static void write_asked(struct search *s, const struct query_item *item, const struct query_term *t,
                        struct text name)
{
    const struct attr *at = t->field == QUERY_ATTR ? attr_asked(item->span, t) : NULL;
    struct attr other = {.kind = ATTR_STRING};
    struct query_value value;

    if (t->field == QUERY_ATTR && at) {
        other = *at;
        name = t->key;
    } else if (t->field != QUERY_NAME && query_values(t, item, s->c->arena, &value, 1) == 1) {
        other.text = value.text;
    }
    other.key = name;
    if (!other.key.at || (other.kind == ATTR_STRING && !other.text.at))
        return;
    json_open(&s->c->out, NULL, '{');
    json_text(&s->c->out, "key", other.key);
    attr_write_any(&s->c->out, "value", &other);
    json_close(&s->c->out, '}');
}

static struct text name_of(const struct query_term *t)
{
    switch (t->field) {
    case QUERY_ATTR:
        return t->key;
    case QUERY_SERVICE:
        return TEXT("service.name");
    case QUERY_STATUS:
        return TEXT("status");
    case QUERY_KIND:
        return TEXT("kind");
    default:
        return TEXT_NONE;
    }
}

static bool asked_before(const struct span_query *q, uint32_t node)
{
    for (uint32_t i = 0; i < node; i++)
        if (q->nodes[i].kind == QUERY_TERM && q->nodes[i].term.field == q->nodes[node].term.field &&
            text_eq(name_of(&q->nodes[i].term), name_of(&q->nodes[node].term)))
            return true;
    return false;
}

static void write_span(struct search *s, const struct trace_found *f, uint32_t node)
{
    const struct span *span = f->tree.nodes[node].span;
    const struct span_query *q = &s->ql.query;
    struct query_item item = {.span = span, .summary = &f->summary, .node = &f->tree.nodes[node]};
    struct buf *b = &s->c->out;

    json_open(b, NULL, '{');
    json_hex(b, "spanID", span->span_id, 8);
    json_text(b, "name", span->name.at ? span->name : TEXT(""));
    json_digits(b, "startTimeUnixNano", (int64_t)span->start_ns);
    json_digits(b, "durationNanos", (int64_t)(span->end_ns - span->start_ns));
    json_open(b, "attributes", '[');
    for (uint32_t i = 0; i < q->count; i++)
        if (q->nodes[i].kind == QUERY_TERM && !asked_before(q, i))
            write_asked(s, &item, &q->nodes[i].term, name_of(&q->nodes[i].term));
    for (uint32_t i = 0; i < s->ql.select_count; i++)
        write_asked(s, &item, &s->ql.selects[i], s->ql.select_names[i]);
    json_close(b, ']');
    json_close(b, '}');
}

/* Under both its names: readers of before TraceQL's grouping know the single one. */
static void write_set(struct search *s, const struct trace_found *f, bool list)
{
    struct buf *b = &s->c->out;
    uint32_t shown = 0;

    json_open(b, list ? NULL : "spanSet", '{');
    json_open(b, "spans", '[');
    for (uint32_t i = 0; i < f->tree.count && shown < s->spans; i++) {
        if (f->hit && !f->hit[i])
            continue;
        write_span(s, f, i);
        shown++;
    }
    json_close(b, ']');
    json_uint(b, "matched", f->hits);
    json_close(b, '}');
}

static void write_services(struct buf *b, const struct trace_summary *t)
{
    json_open(b, "serviceStats", '{');
    for (uint32_t i = 0; i < t->service_count; i++) {
        json_key(b, t->services[i].name);
        json_open(b, NULL, '{');
        json_uint(b, "spanCount", t->services[i].spans);
        if (t->services[i].errors)
            json_uint(b, "errorCount", t->services[i].errors);
        json_close(b, '}');
    }
    json_close(b, '}');
}

static void write_trace(struct search *s, const struct trace_found *f)
{
    const struct trace_summary *t = &f->summary;
    struct buf *b = &s->c->out;

    json_open(b, NULL, '{');
    json_hex(b, "traceID", f->id, 16);
    json_text(b, "rootServiceName", t->root_service);
    json_text(b, "rootTraceName", t->root_name);
    json_digits(b, "startTimeUnixNano", (int64_t)t->start_ns);
    json_uint(b, "durationMs", (t->end_ns - t->start_ns) / 1000000);
    if (s->wish.ql) {
        write_set(s, f, false);
        json_open(b, "spanSets", '[');
        write_set(s, f, true);
        json_close(b, ']');
    }
    write_services(b, t);
    json_close(b, '}');
}

static void answer(struct search *s)
{
    struct buf *b = &s->c->out;

    json_open(b, NULL, '{');
    json_open(b, "traces", '[');
    for (uint32_t i = 0; i < s->wish.count; i++)
        write_trace(s, &s->wish.found[i]);
    json_close(b, ']');
    json_open(b, "metrics", '{');
    json_uint(b, "inspectedTraces", s->wish.count);
    json_str(b, "inspectedBytes", "0");
    json_close(b, '}');
    json_close(b, '}');
    api_done(s->c, 200);
}

void tempo_search(struct api_call *c)
{
    struct search *s = arena_zero(c->arena, 1, sizeof *s); /* a query is large */

    if (!s)
        return;
    s->c = c;
    s->wish = (struct trace_search){.root = QUERY_NONE, .order = TRACES_NEWEST};
    if (!query_begin(&s->lengths, c->arena))
        return;
    if (read_wish(s)) {
        s->wish.outline = !s->wish.ql; /* then nothing is shown of a span */
        if (foreign_search(c, &s->wish))
            answer(s);
    }
    query_end(&s->lengths);
    query_end(&s->ql.query);
}
