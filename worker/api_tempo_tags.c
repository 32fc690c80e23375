/* api_tempo_tags.c -- /tempo/api/…search/tag…: names and values for the query builder. What a reader has
 * typed so far comes along as `q`; as long as it is no whole query it does not filter. */
#include "model/traceql.h"
#include "worker/api_resources.h"
#include "worker/attr_store.h"
#include "worker/foreign.h"

/* Those of TraceQL's intrinsics that model/traceql knows. */
static const char *const INTRINSICS[] = {
    "duration",
    "event:name",
    "instrumentation:name",
    "instrumentation:version",
    "kind",
    "name",
    "rootName",
    "rootServiceName",
    "span:duration",
    "span:kind",
    "span:name",
    "span:status",
    "span:statusMessage",
    "status",
    "statusMessage",
    "trace:duration",
    "trace:rootName",
    "trace:rootService",
    "traceDuration",
};

static const struct {
    const char *name;
    enum query_scope scope;
} SCOPES_KNOWN[] = {
    {"event", QUERY_EVENT}, {"instrumentation", QUERY_SCOPE},
    {"link", QUERY_LINK},   {"resource", QUERY_RESOURCE},
    {"span", QUERY_SPAN},
};
enum { SCOPE_COUNT = sizeof SCOPES_KNOWN / sizeof *SCOPES_KNOWN };

/* ---- the request ---- */

/* start and end in seconds, q. False: refused. query_end(&q->query) afterwards, whatever it was. */
static bool read_wish(struct api_call *c, struct attr_wish *wish, struct traceql *q)
{
    struct text text = text_trim(api_param(c, "q")), error;
    int64_t start, end;

    *wish = (struct attr_wish){.node = QUERY_NONE};
    q->query = (struct span_query){.count = 0};
    if (!foreign_number(c, "start", 1000000000, 0, &start) ||
        !foreign_number(c, "end", 1000000000, 0, &end))
        return false;
    wish->from_ms = start / 1000000;
    wish->to_ms = end / 1000000;
    if (text_empty(text) || !traceql_read(text, c->arena, q, &error))
        return true;
    wish->node = traceql_lead(q);
    if (wish->node != QUERY_NONE)
        wish->query = &q->query;
    return true;
}

static bool scope_wanted(struct api_call *c, const char *name)
{
    struct text scope = api_param(c, "scope");

    return text_empty(scope) || text_is(scope, "none") || text_is(scope, "all") ||
           text_is(scope, name);
}

/* ---- names ---- */

static bool read_keys(struct api_call *c, struct attr_list_found *keys)
{
    struct traceql q;
    struct attr_wish wish;
    bool good = read_wish(c, &wish, &q) && attr_store_keys(c, &wish, keys);

    query_end(&q.query);
    return good;
}

static void write_scope(struct api_call *c, const struct attr_list_found *keys, int which)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_str(b, "name", SCOPES_KNOWN[which].name);
    json_open(b, "tags", '[');
    for (uint32_t i = 0; i < keys->count; i++)
        if (keys->at[i].scope == SCOPES_KNOWN[which].scope)
            json_text(b, NULL, keys->at[i].text);
    json_close(b, ']');
    json_close(b, '}');
}

static void write_intrinsics(struct buf *b)
{
    for (size_t i = 0; i < sizeof INTRINSICS / sizeof *INTRINSICS; i++)
        json_str(b, NULL, INTRINSICS[i]);
}

void tempo_tags_v2(struct api_call *c)
{
    struct attr_list_found keys;
    struct buf *b = &c->out;

    if (!read_keys(c, &keys))
        return;
    json_open(b, NULL, '{');
    json_open(b, "scopes", '[');
    for (int i = 0; i < SCOPE_COUNT; i++)
        if (scope_wanted(c, SCOPES_KNOWN[i].name))
            write_scope(c, &keys, i);
    if (scope_wanted(c, "intrinsic")) {
        json_open(b, NULL, '{');
        json_str(b, "name", "intrinsic");
        json_open(b, "tags", '[');
        write_intrinsics(b);
        json_close(b, ']');
        json_close(b, '}');
    }
    json_close(b, ']');
    json_close(b, '}');
    api_done(c, 200);
}

/* Version 1 knows no scopes but as a filter: attributes of spans and resources, each name once. */
void tempo_tags(struct api_call *c)
{
    bool intrinsic = text_is(api_param(c, "scope"), "intrinsic");
    struct text last = TEXT_NONE;
    struct attr_list_found keys;
    struct buf *b = &c->out;

    if (!read_keys(c, &keys))
        return;
    json_open(b, NULL, '{');
    json_open(b, "tagNames", '[');
    for (uint32_t i = 0; i < keys.count; i++) {
        const struct attr_found *k = &keys.at[i];
        bool wanted = (k->scope == QUERY_SPAN && scope_wanted(c, "span")) ||
                      (k->scope == QUERY_RESOURCE && scope_wanted(c, "resource"));

        if (!wanted || (last.at && text_eq(last, k->text)))
            continue;
        last = k->text;
        json_text(b, NULL, last);
    }
    if (intrinsic)
        write_intrinsics(b);
    json_close(b, ']');
    json_close(b, '}');
    api_done(c, 200);
}

/* ---- values ---- */

static void write_value(struct api_call *c, bool typed, const char *type, struct text value)
{
    struct buf *b = &c->out;

    if (!typed) {
        json_text(b, NULL, value);
        return;
    }
    json_open(b, NULL, '{');
    json_str(b, "type", type);
    json_text(b, "value", value);
    json_close(b, '}');
}

static void write_words(struct api_call *c, bool typed, const char *const *words)
{
    for (; *words; words++)
        write_value(c, typed, "keyword", text_of(*words));
}

/* All there are, not only those of the newest spans. */
static void write_services(struct api_call *c, bool typed)
{
    struct foreign_names services;

    if (!foreign_services(c, &services))
        return;
    for (uint32_t i = 0; i < services.count; i++)
        write_value(c, typed, "string", services.at[i].name);
}

static void write_found(struct api_call *c, bool typed, const struct query_term *t)
{
    static const char *const types[] = {
        [ATTR_EMPTY] = "string", [ATTR_STRING] = "string", [ATTR_BOOL] = "bool",
        [ATTR_INT] = "int",      [ATTR_DOUBLE] = "float",  [ATTR_BYTES] = "string",
        [ATTR_JSON] = "string",
    };
    struct attr_list_found values;
    struct attr_wish wish;
    struct traceql q;

    if (read_wish(c, &wish, &q) && attr_store_values(c, &wish, t, &values))
        for (uint32_t i = 0; i < values.count; i++)
            write_value(c, typed, types[values.at[i].kind], values.at[i].text);
    query_end(&q.query);
}

static bool is_service(const struct query_term *t)
{
    return t->field == QUERY_SERVICE ||
           (t->field == QUERY_ATTR && text_is(t->key, "service.name") &&
            (t->scope == QUERY_ANY || t->scope == QUERY_RESOURCE));
}

/* Durations and times are typed, not picked: no values. */
static void write_values(struct api_call *c, struct text name, bool typed)
{
    static const char *const statuses[] = {"error", "ok", "unset", NULL};
    static const char *const kinds[] = {"client", "consumer",    "internal", "producer",
                                        "server", "unspecified", NULL};
    struct query_term t;

    if (!traceql_name(name, &t)) /* version 1 says "http.route" and means it anywhere */
        t = (struct query_term){.field = QUERY_ATTR, .scope = QUERY_ANY, .key = name};
    json_open(&c->out, NULL, '{');
    json_open(&c->out, "tagValues", '[');
    if (is_service(&t))
        write_services(c, typed);
    else if (t.field == QUERY_STATUS)
        write_words(c, typed, statuses);
    else if (t.field == QUERY_KIND)
        write_words(c, typed, kinds);
    else if (t.field != QUERY_DURATION && t.field != QUERY_TRACE_DURATION)
        write_found(c, typed, &t);
    if (c->refused)
        return;
    json_close(&c->out, ']');
    json_close(&c->out, '}');
    api_done(c, 200);
}

void tempo_values(struct api_call *c)
{
    write_values(c, c->arg[0], false);
}

void tempo_values_v2(struct api_call *c)
{
    write_values(c, c->arg[0], true);
}
