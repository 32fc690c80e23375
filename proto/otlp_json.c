/* otlp_json.c -- OTLP as JSON: proto3's mapping with OTLP's deviations (hex ids, integer enums),
 * read leniently: snake_case keys, enum names, the names of before OTLP 0.15. */
#include <math.h>

#include "proto/base64.h"
#include "proto/hex.h"
#include "proto/limits.h"
#include "proto/otlp_reader.h"
#include "proto/utf8.h"

/* Brackets around and between: an AnyValue inside an array costs three, the path to the first nine.
 */
#define DEPTH_MAX (3 * ANY_DEPTH_MAX + 12)

/* ---- members ---- */

static const struct json *either(const struct json *v, const char *key, const char *other)
{
    const struct json *found = json_get(v, key);

    if (!found || found->kind == JSON_NULL)
        found = json_get(v, other);
    return found && found->kind != JSON_NULL ? found : NULL;
}

static struct text text_of_member(const struct json *v, const char *key, const char *other,
                                  size_t max, struct arena *a)
{
    struct text t = json_string(either(v, key, other), a);

    return t.len ? utf8_mend(text_clip(t, max), a) : TEXT_NONE;
}

/* Nanoseconds; 0: absent; UINT64_MAX: there, but no time. */
static uint64_t time_of(const struct json *v, const char *key, const char *other)
{
    const struct json *t = either(v, key, other);
    int64_t ns;

    if (!t || (t->kind == JSON_STRING && t->raw.len == 0))
        return 0;
    return json_int64(t, &ns) && ns >= 0 ? (uint64_t)ns : UINT64_MAX;
}

static uint32_t count_of(const struct json *v, const char *key, const char *other)
{
    int64_t n;

    return json_int64(either(v, key, other), &n) && n > 0 && n <= UINT32_MAX ? (uint32_t)n : 0;
}

/* True: there is no such member, or it holds nothing. */
static bool set_id(const struct json *v, const char *key, const char *other, uint8_t *out,
                   size_t len, bool *good, struct arena *a)
{
    const struct json *id = either(v, key, other);

    *good = hex_read(json_string(id, a), out, len);
    if (!*good)
        memset(out, 0, len);
    return !id || (id->kind == JSON_STRING && id->raw.len == 0);
}

/* ---- values ---- */

static bool read_double(const struct json *v, struct arena *a, double *out)
{
    struct text word = json_string(v, a);

    if (text_is(word, "NaN"))
        *out = NAN;
    else if (text_is(word, "Infinity"))
        *out = INFINITY;
    else if (text_is(word, "-Infinity"))
        *out = -INFINITY;
    else
        return json_double(v, out);
    return true;
}

enum value { V_NONE, V_STRING, V_BOOL, V_INT, V_DOUBLE, V_ARRAY, V_MAP, V_BYTES };

/* Which member of the oneof is set; two of them: the last wins, as in the binary form. */
static enum value value_of(const struct json *any, const struct json **out)
{
    static const struct {
        const char *camel, *snake;
        enum value value;
    } names[] = {
        {"stringValue", "string_value", V_STRING}, {"boolValue", "bool_value", V_BOOL},
        {"intValue", "int_value", V_INT},          {"doubleValue", "double_value", V_DOUBLE},
        {"arrayValue", "array_value", V_ARRAY},    {"kvlistValue", "kvlist_value", V_MAP},
        {"bytesValue", "bytes_value", V_BYTES},
    };
    enum value found = V_NONE;

    if (!json_is(any, JSON_OBJECT))
        return V_NONE;
    for (const struct json *m = any->child; m; m = m->next)
        for (size_t i = 0; m->kind != JSON_NULL && i < sizeof names / sizeof names[0]; i++)
            if (text_is(m->key, names[i].camel) || text_is(m->key, names[i].snake)) {
                found = names[i].value;
                *out = m;
            }
    return found;
}

static void write_any(struct buf *b, const char *key, const struct json *any);

/* True: the value was cut. */
static bool set_any(struct attr *at, const struct json *any, struct arena *a)
{
    const struct json *v = NULL;
    struct text bytes;
    struct buf b;
    bool yes;

    at->kind = ATTR_EMPTY;
    switch (value_of(any, &v)) {
    case V_STRING:
        bytes = json_as_text(v, a);
        return attr_set_text(at, ATTR_STRING, bytes.at ? bytes : TEXT(""), a);
    case V_BYTES:
        bytes = base64_read(json_string(v, a), a);
        return bytes.at && attr_set_text(at, ATTR_BYTES, bytes, a);
    case V_BOOL:
        at->kind = json_boolean(v, &yes) ? ATTR_BOOL : ATTR_EMPTY;
        at->integer = at->kind == ATTR_BOOL && yes;
        return false;
    case V_INT:
        at->kind = json_int64(v, &at->integer) ? ATTR_INT : ATTR_EMPTY;
        return false;
    case V_DOUBLE:
        at->kind = read_double(v, a, &at->real) ? ATTR_DOUBLE : ATTR_EMPTY;
        return false;
    case V_ARRAY:
    case V_MAP:
        buf_init(&b, a, 256, ATTR_VALUE_MAX);
        write_any(&b, NULL, any);
        at->text = buf_result(&b);
        at->kind = at->text.at ? ATTR_JSON : ATTR_EMPTY;
        return at->kind == ATTR_EMPTY;
    default:
        return false;
    }
}

/* Arrays and maps as plain JSON. Recursion is bounded by DEPTH_MAX. */
static void write_any(struct buf *b, const char *key, const struct json *any)
{
    const struct json *v = NULL, *values;
    enum value value = value_of(any, &v);
    struct attr scalar = {.kind = ATTR_EMPTY};

    if (value != V_ARRAY && value != V_MAP) {
        set_any(&scalar, any, b->arena);
        attr_write_value(b, key, &scalar);
        return;
    }
    values = json_get(v, "values");
    json_open(b, key, value == V_ARRAY ? '[' : '{');
    for (const struct json *m = values ? values->child : NULL; m && !b->failed; m = m->next) {
        if (value == V_ARRAY) {
            write_any(b, NULL, m);
        } else {
            struct text name = json_string(json_get(m, "key"), b->arena);

            json_key(b, name.at ? name : TEXT(""));
            write_any(b, NULL, json_get(m, "value"));
        }
    }
    json_close(b, value == V_ARRAY ? ']' : '}');
}

/* The attributes of a resource, scope, span, event, link or record. True: some value was cut. */
static bool set_attrs(struct attrs *out, const struct json *of, struct arena *a)
{
    const struct json *list = json_get(of, "attributes");
    uint32_t dropped = count_of(of, "droppedAttributesCount", "dropped_attributes_count");
    struct attr_list l;
    bool cut = false;

    attr_list_init(&l, a, json_is(list, JSON_ARRAY) ? list->count : 0, SPAN_ATTRS_MAX);
    for (const struct json *m = json_is(list, JSON_ARRAY) ? list->child : NULL; m; m = m->next) {
        struct attr *at = attr_add(&l, json_string(json_get(m, "key"), a));

        if (at)
            cut |= set_any(at, json_get(m, "value"), a);
    }
    *out = l.attrs;
    out->dropped = dropped > UINT32_MAX - out->dropped ? UINT32_MAX : out->dropped + dropped;
    return cut;
}

/* ---- walking the batch ---- */

/* A list under the first of several names; an empty one when there is none; NULL when what stands
 * there is no list. */
static const struct json *list_of(const struct json *v, const char *const *names)
{
    static const struct json none = {.kind = JSON_ARRAY};

    for (; *names; names++) {
        const struct json *list = json_get(v, *names);

        if (list && list->kind != JSON_NULL)
            return list->kind == JSON_ARRAY ? list : NULL;
    }
    return &none;
}

static const char *const group_names[][3] = {
    [OTLP_TRACES] = {"resourceSpans", "resource_spans"},
    [OTLP_LOGS] = {"resourceLogs", "resource_logs"},
    [OTLP_METRICS] = {"resourceMetrics", "resource_metrics"},
};
static const char *const items_names[][4] = {
    [OTLP_TRACES] = {"scopeSpans", "scope_spans", "instrumentationLibrarySpans"},
    [OTLP_LOGS] = {"scopeLogs", "scope_logs", "instrumentationLibraryLogs"},
    [OTLP_METRICS] = {"scopeMetrics", "scope_metrics", "instrumentationLibraryMetrics"},
};
static const char *const item_names[][4] = {
    [OTLP_TRACES] = {"spans"},
    [OTLP_LOGS] = {"logRecords", "log_records", "logs"},
    [OTLP_METRICS] = {"metrics"},
};

/* Brackets outside strings, before the tree is made. */
static bool is_deep(struct text body)
{
    int depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < body.len; i++) {
        char c = body.at[i];

        if (quoted) {
            if (c == '\\')
                i++;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > DEPTH_MAX)
                return true;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return false;
}

void otlp_json_open(struct otlp *o, struct text body)
{
    const struct json *groups;
    struct json *root;

    if (is_deep(body)) {
        otlp_fail(o, OTLP_TOO_DEEP);
        return;
    }
    switch (json_read_deep(body, DEPTH_MAX, o->keep, &root, NULL)) {
    case JSON_OK:
        break;
    case JSON_TOO_MANY:
        otlp_fail(o, OTLP_TOO_MANY);
        return;
    case JSON_SPENT:
        otlp_fail(o, OTLP_SPENT);
        return;
    default:
        otlp_fail(o, OTLP_MALFORMED);
        return;
    }
    groups = list_of(root, group_names[o->signal]);
    if (root->kind != JSON_OBJECT || !groups)
        otlp_fail(o, OTLP_MALFORMED);
    else
        o->next_group = groups->child;
}

static bool enter_group(struct otlp *o, const struct json *group)
{
    const struct json *from = json_get(group, "resource");
    const struct json *items = list_of(group, items_names[o->signal]);
    struct resource *r;

    if (!json_is(group, JSON_OBJECT) || !items)
        return otlp_fail(o, OTLP_MALFORMED);
    o->next_items = items->child;
    if (!json_is(from, JSON_OBJECT))
        return (o->resource = otlp_no_resource(o)) != NULL;
    if (!(r = arena_zero(o->keep, 1, sizeof *r)))
        return otlp_fail(o, OTLP_SPENT);
    set_attrs(&r->attrs, from, o->keep);
    otlp_finish_resource(o, r);
    o->resource = r;
    return true;
}

static bool enter_items(struct otlp *o, const struct json *items)
{
    const struct json *list = list_of(items, item_names[o->signal]);
    const struct json *from = either(items, "scope", "instrumentationLibrary");
    struct scope *scope;

    if (!json_is(items, JSON_OBJECT) || !list)
        return otlp_fail(o, OTLP_MALFORMED);
    o->next_item = list->child;
    o->scope = NULL;
    if (!json_is(from, JSON_OBJECT))
        return true;
    if (!(scope = arena_zero(o->keep, 1, sizeof *scope)))
        return otlp_fail(o, OTLP_SPENT);
    scope->name = text_of_member(from, "name", "name", ATTR_KEY_MAX, o->keep);
    scope->version = text_of_member(from, "version", "version", ATTR_KEY_MAX, o->keep);
    set_attrs(&scope->attrs, from, o->keep);
    attrs_fit(&scope->attrs, RESOURCE_BYTES_MAX / 8);
    o->scope = scope;
    return true;
}

static const struct json *next_item(struct otlp *o)
{
    while (o->rc == OTLP_DONE) {
        const struct json *at;

        if ((at = o->next_item)) {
            o->next_item = at->next;
            if (at->kind == JSON_OBJECT)
                return at;
            otlp_fail(o, OTLP_MALFORMED);
        } else if ((at = o->next_items)) {
            o->next_items = at->next;
            enter_items(o, at);
        } else if ((at = o->next_group)) {
            o->next_group = at->next;
            enter_group(o, at);
        } else {
            break;
        }
    }
    return NULL;
}

/* ---- spans ---- */

static bool set_events(struct span *s, const struct json *v, struct arena *a)
{
    const struct json *list = json_get(v, "events");
    uint32_t room = json_is(list, JSON_ARRAY) ? list->count : 0;
    bool cut = false;

    s->dropped_events = count_of(v, "droppedEventsCount", "dropped_events_count");
    if (room > SPAN_EVENTS_MAX) {
        s->dropped_events += room - SPAN_EVENTS_MAX;
        room = SPAN_EVENTS_MAX;
    }
    if (!room || !(s->events = arena_zero(a, room, sizeof *s->events)))
        return false;
    for (const struct json *m = list->child; m && s->event_count < room; m = m->next) {
        struct span_event *e = &s->events[s->event_count++];

        e->time_ns = time_of(m, "timeUnixNano", "time_unix_nano");
        e->name = text_of_member(m, "name", "name", SPAN_NAME_MAX, a);
        cut |= set_attrs(&e->attrs, m, a);
    }
    return cut;
}

static bool set_links(struct span *s, const struct json *v, struct arena *a)
{
    const struct json *list = json_get(v, "links");
    uint32_t sent = json_is(list, JSON_ARRAY) ? list->count : 0;
    uint32_t room = sent < SPAN_LINKS_MAX ? sent : SPAN_LINKS_MAX;
    bool cut = false;

    if (room && !(s->links = arena_zero(a, room, sizeof *s->links)))
        return false;
    for (const struct json *m = room ? list->child : NULL; m && s->link_count < room; m = m->next) {
        struct span_link *l = &s->links[s->link_count];
        bool trace_ok, span_ok;

        set_id(m, "traceId", "trace_id", l->trace_id, 16, &trace_ok, a);
        set_id(m, "spanId", "span_id", l->span_id, 8, &span_ok, a);
        if (!trace_ok || !span_ok)
            continue;
        l->otel_flags = count_of(m, "flags", "flags");
        l->trace_state = text_of_member(m, "traceState", "trace_state", SPAN_NAME_MAX, a);
        cut |= set_attrs(&l->attrs, m, a);
        s->link_count++;
    }
    s->dropped_links =
        count_of(v, "droppedLinksCount", "dropped_links_count") + (sent - s->link_count);
    return cut;
}

static uint8_t kind_of(const struct json *v, struct arena *a)
{
    int64_t n;

    if (json_int64(v, &n))
        return n >= 0 && n <= SPAN_CONSUMER ? (uint8_t)n : SPAN_UNSPECIFIED;
    return span_kind_of(json_string(v, a));
}

static uint8_t code_of(const struct json *v, struct arena *a)
{
    struct text word = json_string(v, a);
    int64_t n;

    if (json_int64(v, &n))
        return n >= 0 && n <= SPAN_FAILED ? (uint8_t)n : SPAN_UNSET;
    return text_is(word, "STATUS_CODE_ERROR") ? SPAN_FAILED
           : text_is(word, "STATUS_CODE_OK")  ? SPAN_OK
                                              : SPAN_UNSET;
}

static bool span_from(struct otlp *o, const struct json *v, struct span *s)
{
    const struct json *status = json_get(v, "status");
    struct arena *a = &o->scratch;
    struct otlp_ids ids;
    bool cut, none;

    *s = (struct span){.start_ns = time_of(v, "startTimeUnixNano", "start_time_unix_nano"),
                       .end_ns = time_of(v, "endTimeUnixNano", "end_time_unix_nano"),
                       .kind = kind_of(json_get(v, "kind"), a),
                       .otel_flags = count_of(v, "flags", "flags")};
    set_id(v, "traceId", "trace_id", s->trace_id, 16, &ids.trace_ok, a);
    set_id(v, "spanId", "span_id", s->span_id, 8, &ids.span_ok, a);
    none = set_id(v, "parentSpanId", "parent_span_id", s->parent_id, 8, &ids.parent_ok, a);
    ids.parent_ok |= none;
    s->name = text_of_member(v, "name", "name", SPAN_NAME_MAX, a);
    s->trace_state = text_of_member(v, "traceState", "trace_state", SPAN_NAME_MAX, a);
    s->code = code_of(json_get(status, "code"), a);
    s->status_message = text_of_member(status, "message", "message", ATTR_VALUE_MAX, a);
    cut = set_attrs(&s->attrs, v, a);
    cut |= set_events(s, v, a);
    cut |= set_links(s, v, a);
    if (cut)
        s->flags |= SPAN_CUT;
    return otlp_finish_span(o, s, &ids);
}

bool otlp_json_span(struct otlp *o, struct span *out)
{
    const struct json *item;

    while ((item = next_item(o))) {
        arena_reset(&o->scratch);
        if (span_from(o, item, out))
            return true;
    }
    return false;
}

/* ---- log records ---- */

static uint8_t severity_from(const struct json *v, struct arena *a)
{
    struct text word = json_string(v, a);
    int64_t n;

    if (!v)
        return 0;
    if (json_int64(v, &n))
        return n >= 0 && n <= 24 ? (uint8_t)n : UINT8_MAX;
    if (text_starts(word, "SEVERITY_NUMBER_")) {
        char step = word.at[word.len - 1];
        uint8_t base;

        word = text_cut(word, 16, word.len);
        if (step >= '2' && step <= '4')
            word.len--;
        base = severity_of(word);
        return base && step >= '2' && step <= '4' ? (uint8_t)(base + step - '1') : base;
    }
    return severity_of(word);
}

static bool log_from(struct otlp *o, const struct json *v, struct logrec *l)
{
    struct arena *a = &o->scratch;
    struct otlp_ids ids;
    bool cut;

    *l = (struct logrec){.time_ns = time_of(v, "timeUnixNano", "time_unix_nano"),
                         .observed_ns =
                             time_of(v, "observedTimeUnixNano", "observed_time_unix_nano"),
                         .otel_flags = count_of(v, "flags", "flags")};
    ids.trace_sent = !set_id(v, "traceId", "trace_id", l->trace_id, 16, &ids.trace_ok, a);
    ids.span_sent = !set_id(v, "spanId", "span_id", l->span_id, 8, &ids.span_ok, a);
    l->severity = severity_from(either(v, "severityNumber", "severity_number"), a);
    l->severity_text = text_of_member(v, "severityText", "severity_text", ATTR_KEY_MAX, a);
    l->event_name = text_of_member(v, "eventName", "event_name", SPAN_NAME_MAX, a);
    cut = set_any(&l->body, json_get(v, "body"), a);
    cut |= set_attrs(&l->attrs, v, a);
    if (cut)
        l->flags |= LOG_CUT;
    return otlp_finish_log(o, l, &ids);
}

bool otlp_json_log(struct otlp *o, struct logrec *out)
{
    const struct json *item;

    while ((item = next_item(o))) {
        arena_reset(&o->scratch);
        if (log_from(o, item, out))
            return true;
    }
    return false;
}

/* ---- metrics ---- */

void otlp_json_points(struct otlp *o)
{
    static const char *const kinds[] = {"gauge",   "sum", "histogram", "exponentialHistogram",
                                        "summary", NULL};
    const struct json *metric;

    while ((metric = next_item(o)))
        for (const char *const *kind = kinds; *kind; kind++) {
            const struct json *points =
                either(json_get(metric, *kind), "dataPoints", "data_points");

            o->tally.rejected += json_is(points, JSON_ARRAY) ? points->count : 0;
        }
}
