/* event_entries.c -- the interfaces of a payload as the API's `entries`. */
#include <string.h>

#include "worker/event_view.h"

/* The list of {"values":[…]}, or of a bare […]. */
static const struct json *values_of(const struct json *payload, const char *name)
{
    const struct json *v = json_get(payload, name);

    if (json_is(v, JSON_OBJECT))
        v = json_get(v, "values");
    return json_is(v, JSON_ARRAY) && v->count ? v : NULL;
}

static void entry_open(struct buf *out, const char *type, char bracket)
{
    json_open(out, NULL, '{');
    json_str(out, "type", type);
    json_open(out, "data", bracket);
}

static void entry_close(struct buf *out, char bracket)
{
    json_close(out, bracket);
    json_close(out, '}');
}

/* ---- exceptions and threads ---- */

static void write_exception(struct buf *out, const struct json *v, struct arena *a)
{
    json_open(out, NULL, '{');
    event_pass(out, "type", v, "type");
    event_pass(out, "value", v, "value");
    event_pass(out, "module", v, "module");
    event_pass(out, "threadId", v, "thread_id");
    event_pass(out, "mechanism", v, "mechanism");
    event_write_stack(out, "stacktrace", json_get(v, "stacktrace"), a);
    event_write_stack(out, "rawStacktrace", json_get(v, "raw_stacktrace"), a);
    json_close(out, '}');
}

static bool stack_mixed(const struct json *stack)
{
    const struct json *frames = json_get(stack, "frames");
    bool app = false, system = false, in_app;

    for (const struct json *f = json_is(frames, JSON_ARRAY) ? frames->child : NULL; f;
         f = f->next) {
        in_app = false;
        json_boolean(json_get(f, "in_app"), &in_app);
        app |= in_app;
        system |= !in_app;
    }
    return app && system;
}

static void write_exceptions(struct buf *out, const struct json *payload, struct arena *a)
{
    const struct json *list = values_of(payload, "exception");
    bool mixed = false;

    if (!list)
        return;
    entry_open(out, "exception", '{');
    json_open(out, "values", '[');
    for (const struct json *v = list->child; v; v = v->next) {
        if (v->kind != JSON_OBJECT)
            continue;
        write_exception(out, v, a);
        mixed |= stack_mixed(json_get(v, "stacktrace"));
    }
    json_close(out, ']');
    json_bool(out, "hasSystemFrames", mixed);
    json_null(out, "excOmitted");
    entry_close(out, '}');
}

static void write_threads(struct buf *out, const struct json *payload, struct arena *a)
{
    const struct json *list = values_of(payload, "threads");

    if (!list)
        return;
    entry_open(out, "threads", '{');
    json_open(out, "values", '[');
    for (const struct json *v = list->child; v; v = v->next) {
        bool crashed = false, current = false;

        json_boolean(json_get(v, "crashed"), &crashed);
        json_boolean(json_get(v, "current"), &current);
        json_open(out, NULL, '{');
        event_pass(out, "id", v, "id");
        event_pass(out, "name", v, "name");
        json_bool(out, "crashed", crashed);
        json_bool(out, "current", current);
        event_pass(out, "main", v, "main");
        event_pass(out, "state", v, "state");
        event_pass(out, "heldLocks", v, "held_locks");
        event_write_stack(out, "stacktrace", json_get(v, "stacktrace"), a);
        event_write_stack(out, "rawStacktrace", json_get(v, "raw_stacktrace"), a);
        json_close(out, '}');
    }
    json_close(out, ']');
    entry_close(out, '}');
}

static void write_stacktrace(struct buf *out, const struct json *payload, struct arena *a)
{
    const struct json *stack = json_get(payload, "stacktrace");

    if (!json_is(json_get(stack, "frames"), JSON_ARRAY))
        return;
    json_open(out, NULL, '{');
    json_str(out, "type", "stacktrace");
    event_write_stack(out, "data", stack, a);
    json_close(out, '}');
}

/* ---- message, breadcrumbs, request ---- */

static void write_message(struct buf *out, const struct json *payload, struct arena *a)
{
    const struct json *entry = json_get(payload, "logentry"), *params = json_get(entry, "params");
    struct text formatted = json_string(json_get(entry, "formatted"), a),
                message = json_string(json_get(entry, "message"), a);

    if (text_empty(formatted) && text_empty(message))
        return;
    entry_open(out, "message", '{');
    json_text(out, "formatted", text_empty(formatted) ? message : formatted);
    if (!text_empty(message))
        json_text(out, "message", message);
    if (params && params->kind != JSON_NULL) /* clients expect something or nothing, not null */
        event_pass(out, "params", entry, "params");
    entry_close(out, '}');
}

/* Seconds since 1970, as SDKs send them, become the text that everything else uses. */
static void write_time(struct buf *out, const char *key, const struct json *t)
{
    double seconds;

    if (json_is(t, JSON_NUMBER) && json_double(t, &seconds) && seconds > 0 && seconds < 1e11)
        json_time_us(out, key, (int64_t)(seconds * 1e6 + 0.5));
    else if (t) {
        json_key(out, text_of(key));
        json_write(out, t);
    } else {
        json_null(out, key);
    }
}

static void write_or(struct buf *out, const char *key, const struct json *from,
                     const char *otherwise)
{
    if (json_is(json_get(from, key), JSON_STRING))
        event_pass(out, key, from, key);
    else
        json_str(out, key, otherwise);
}

static void write_breadcrumbs(struct buf *out, const struct json *payload)
{
    const struct json *list = values_of(payload, "breadcrumbs");

    if (!list)
        return;
    entry_open(out, "breadcrumbs", '{');
    json_open(out, "values", '[');
    for (const struct json *v = list->child; v; v = v->next) {
        if (v->kind != JSON_OBJECT)
            continue;
        json_open(out, NULL, '{');
        write_or(out, "type", v, "default");
        event_pass(out, "category", v, "category");
        write_or(out, "level", v, "info");
        event_pass(out, "message", v, "message");
        write_time(out, "timestamp", json_get(v, "timestamp"));
        event_pass(out, "data", v, "data");
        event_pass(out, "event_id", v, "event_id");
        json_close(out, '}');
    }
    json_close(out, ']');
    entry_close(out, '}');
}

/* Pairs as they are; an object becomes pairs; anything else is an empty list. */
static void write_pairs(struct buf *out, const char *key, const struct json *v)
{
    json_open(out, key, '[');
    for (const struct json *one = v && (v->kind == JSON_ARRAY || v->kind == JSON_OBJECT) ? v->child
                                                                                         : NULL;
         one; one = one->next) {
        if (v->kind == JSON_ARRAY) {
            json_write(out, one);
            continue;
        }
        json_open(out, NULL, '[');
        json_text(out, NULL, one->key);
        json_write(out, one);
        json_close(out, ']');
    }
    json_close(out, ']');
}

static void write_request(struct buf *out, const struct json *payload)
{
    const struct json *r = json_get(payload, "request");

    if (!json_is(r, JSON_OBJECT) || r->count == 0)
        return;
    entry_open(out, "request", '{');
    event_pass(out, "method", r, "method");
    event_pass(out, "url", r, "url");
    if (json_is(json_get(r, "query_string"), JSON_STRING))
        event_pass(out, "query", r, "query_string");
    else
        write_pairs(out, "query", json_get(r, "query_string"));
    event_pass(out, "fragment", r, "fragment");
    event_pass(out, "data", r, "data");
    write_pairs(out, "headers", json_get(r, "headers"));
    write_pairs(out, "cookies", json_get(r, "cookies"));
    event_pass(out, "env", r, "env");
    event_pass(out, "inferredContentType", r, "inferred_content_type");
    event_pass(out, "apiTarget", r, "api_target");
    entry_close(out, '}');
}

/* ---- the rest, as sent ---- */

/* blocked_uri, blocked-uri → blockedUri. */
static struct text camel(struct text name, struct arena *a)
{
    char *out = arena_alloc(a, name.len + 1);
    size_t n = 0;

    if (!out)
        return name;
    for (size_t i = 0; i < name.len; i++) {
        bool joint = (name.at[i] == '_' || name.at[i] == '-') && i + 1 < name.len && i > 0;
        char c = joint ? name.at[++i] : name.at[i];

        out[n++] = joint && c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    }
    return (struct text){out, n};
}

static void write_as_sent(struct buf *out, const char *type, const struct json *v, struct arena *a)
{
    if (!json_is(v, JSON_OBJECT) || v->count == 0)
        return;
    entry_open(out, type, '{');
    for (const struct json *m = v->child; m; m = m->next) {
        json_key(out, camel(m->key, a));
        json_write(out, m);
    }
    entry_close(out, '}');
}

static void write_spans(struct buf *out, const struct json *payload)
{
    const struct json *spans = json_get(payload, "spans");

    if (!json_is(spans, JSON_ARRAY) || spans->count == 0)
        return;
    json_open(out, NULL, '{');
    json_str(out, "type", "spans");
    event_pass(out, "data", payload, "spans");
    json_close(out, '}');
}

void event_write_entries(struct buf *out, const struct json *payload, struct arena *a)
{
    static const char *const AS_SENT[][2] = {
        {"template", "template"},
        {"csp", "csp"},
        {"hpkp", "hpkp"},
        {"expectct", "expectct"},
        {"expectstaple", "expectstaple"},
        {"nel", "nel"},
        {"debugmeta", "debug_meta"},
    };

    json_open(out, "entries", '[');
    write_message(out, payload, a);
    write_exceptions(out, payload, a);
    write_threads(out, payload, a);
    write_stacktrace(out, payload, a);
    write_breadcrumbs(out, payload);
    write_request(out, payload);
    for (size_t i = 0; i < sizeof AS_SENT / sizeof *AS_SENT; i++)
        write_as_sent(out, AS_SENT[i][0], json_get(payload, AS_SENT[i][1]), a);
    write_spans(out, payload);
    json_close(out, ']');
}
