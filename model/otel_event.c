/* otel_event.c -- an exception of OpenTelemetry as the JSON that a Sentry SDK would have sent. */
#include "model/otel_error.h"
#include "model/span_name.h"
#include "model/stacktext.h"
#include "proto/hex.h"
#include "proto/limits.h"
#include "proto/timestamp.h"

struct work {
    const struct otel_error *e;
    struct arena *a;
    struct json *root;
    struct stack_text stack;
    const char *platform;
};

/* ---- small helpers over the tree ---- */

static struct json *object(struct work *w, struct json *in, const char *key)
{
    struct json *v = json_new(w->a, JSON_OBJECT);

    if (v && in)
        json_set(w->a, in, key, v);
    return v;
}

static void set(struct work *w, struct json *in, const char *key, struct text t)
{
    struct json *v = t.len && in ? json_new_string(w->a, t) : NULL;

    if (v)
        json_set(w->a, in, key, v);
}

static void set_number(struct work *w, struct json *in, const char *key, int64_t n)
{
    struct json *v = in ? json_new_int(w->a, n) : NULL;

    if (v)
        json_set(w->a, in, key, v);
}

static void set_bool(struct work *w, struct json *in, const char *key, bool yes)
{
    struct json *v = in ? json_new(w->a, yes ? JSON_TRUE : JSON_FALSE) : NULL;

    if (v)
        json_set(w->a, in, key, v);
}

static void set_hex(struct work *w, struct json *in, const char *key, const uint8_t *id, size_t len)
{
    char *hex = id_is_zero(id, len) ? NULL : arena_alloc(w->a, 2 * len);

    if (hex) {
        hex_write(id, len, hex);
        set(w, in, key, (struct text){hex, 2 * len});
    }
}

/* ---- exceptions ---- */

static bool has_frames(const struct work *w)
{
    for (uint32_t i = 0; i < w->stack.count; i++)
        if (w->stack.errors[i].frame_count)
            return true;
    return false;
}

/* Nobody's code: then it is all of interest. */
static bool is_foreign(const struct work *w)
{
    for (uint32_t i = 0; i < w->stack.count; i++)
        for (uint32_t k = 0; k < w->stack.errors[i].frame_count; k++)
            if (w->stack.errors[i].frames[k].in_app == TRI_YES)
                return false;
    return true;
}

static struct json *frame_json(struct work *w, const struct frame *f, bool foreign)
{
    struct json *v = json_new(w->a, JSON_OBJECT);

    set(w, v, "filename", f->filename);
    set(w, v, "abs_path", f->abs_path);
    set(w, v, "function", f->function);
    set(w, v, "module", f->module);
    set(w, v, "context_line", f->context_line);
    if (f->lineno)
        set_number(w, v, "lineno", f->lineno);
    if (f->colno)
        set_number(w, v, "colno", f->colno);
    if (v && (foreign || f->in_app != TRI_UNKNOWN))
        set_bool(w, v, "in_app", foreign || f->in_app == TRI_YES);
    return v;
}

static void add_stack(struct work *w, struct json *in, const struct stack_error *e, bool foreign)
{
    struct json *list, *stack;

    if (!e->frame_count || !(stack = object(w, in, "stacktrace")) ||
        !(list = json_new(w->a, JSON_ARRAY)))
        return;
    for (uint32_t i = 0; i < e->frame_count; i++) {
        struct json *f = frame_json(w, &e->frames[i], foreign);

        if (f)
            json_push(list, f);
    }
    json_set(w->a, stack, "frames", list);
}

/* The last of the list is number 0, as SDKs count; the others hang on the one behind them, or on their
 * group. */
static void add_mechanism(struct work *w, struct json *in, uint32_t at)
{
    const struct stack_error *e = &w->stack.errors[at];
    uint32_t last = w->stack.count - 1,
             parent = e->parent == STACK_NO_PARENT ? at + 1 : (uint32_t)e->parent;
    struct json *m = object(w, in, "mechanism");

    set(w, m, "type", at == last ? TEXT("opentelemetry") : TEXT("chained"));
    if (at == last && w->e->escaped)
        set_bool(w, m, "handled", false);
    if (w->stack.count == 1)
        return;
    set_number(w, m, "exception_id", last - at);
    if (at != last)
        set_number(w, m, "parent_id", last - parent);
    if (e->is_group)
        set_bool(w, m, "is_exception_group", true);
    if (e->source)
        set(w, m, "source", text_of(e->source));
}

static struct json *error_json(struct work *w, uint32_t at, bool foreign)
{
    const struct stack_error *e = &w->stack.errors[at];
    struct json *v = json_new(w->a, JSON_OBJECT);

    set(w, v, "type", e->type);
    set(w, v, "module", e->module);
    set(w, v, "value", e->value);
    if (v) {
        add_stack(w, v, e, foreign);
        add_mechanism(w, v, at);
    }
    return v;
}

/* "shop.errors.CartError" is CartError of shop.errors where types have such names. */
static void split_type(struct work *w, struct stack_error *e, struct text type)
{
    size_t dot = type.len;

    e->type = type;
    if (!text_is(text_of(w->platform), "python") && !text_is(text_of(w->platform), "java"))
        return;
    while (dot > 0 && type.at[dot - 1] != '.')
        dot--;
    if (dot > 1 && dot < type.len) {
        e->module = text_cut(type, 0, dot - 1);
        e->type = text_cut(type, dot, type.len);
    }
}

/* Rust's tracing sends the messages of the causes, the nearest first. */
static bool read_causes(struct work *w)
{
    struct json *list;
    uint32_t count = 0;
    struct stack_error *errors;

    if (json_read(w->e->stack, w->a, &list, NULL) != JSON_OK || list->kind != JSON_ARRAY)
        return true;
    if (!(errors = arena_zero(w->a, EXCEPTIONS_MAX, sizeof *errors)))
        return false;
    for (const struct json *m = list->child; m && count < EXCEPTIONS_MAX - 1; m = m->next) {
        struct text message = json_as_text(m, w->a);

        if (message.len)
            errors[count++] = (struct stack_error){
                .value = message, .source = "source", .parent = STACK_NO_PARENT};
    }
    for (uint32_t i = 0; i < count / 2; i++) {
        struct stack_error swap = errors[i];

        errors[i] = errors[count - 1 - i];
        errors[count - 1 - i] = swap;
    }
    errors[count++] = (struct stack_error){.parent = STACK_NO_PARENT};
    w->stack.errors = errors;
    w->stack.count = count;
    return true;
}

/* The thrown error: the attributes know its message whole, the text its type as the runtime calls it
 * (a JavaScript error with a code sends the code as its type). */
static bool settle_thrown(struct work *w)
{
    struct stack_error *e;

    if (w->stack.count == 0) {
        if (!(w->stack.errors = arena_zero(w->a, 1, sizeof *w->stack.errors)))
            return false;
        w->stack.count = 1;
        w->stack.errors[0].parent = STACK_NO_PARENT;
    }
    e = &w->stack.errors[w->stack.count - 1];
    if (!e->type.len)
        split_type(w, e, w->e->type);
    if (w->e->message.len)
        e->value = w->e->message;
    return true;
}

static bool add_exceptions(struct work *w)
{
    struct json *exception, *list;
    bool foreign;

    if (!settle_thrown(w))
        return false;
    foreign = has_frames(w) && is_foreign(w);
    exception = object(w, w->root, "exception");
    list = json_new(w->a, JSON_ARRAY);
    if (!exception || !list)
        return false;
    for (uint32_t i = 0; i < w->stack.count; i++) {
        struct json *v = error_json(w, i, foreign);

        if (!v)
            return false;
        json_push(list, v);
    }
    json_set(w->a, exception, "values", list);
    return true;
}

/* ---- around it ---- */

static struct text first_string(const struct attrs *attrs, const char *const *keys)
{
    const struct attr *at = attr_first(attrs, keys);

    return at && at->kind == ATTR_STRING ? at->text : TEXT_NONE;
}

/* Attributes that describe the request and its user are the span's where the exception is an event of
 * it, else the record's own. */
static const struct attrs *around(const struct work *w)
{
    return w->e->span ? &w->e->span->attrs : w->e->attrs;
}

static void add_user(struct work *w)
{
    static const char *const ids[] = {"user.id", "enduser.id", NULL};
    static const char *const addresses[] = {"client.address", "http.client_ip", NULL};
    const struct attrs *attrs = around(w);
    struct text id = attr_as_text(attr_first(attrs, ids), w->a);
    struct text email = attr_string(attrs, "user.email"), name = attr_string(attrs, "user.name");
    struct json *user;

    if (!id.len && !email.len && !name.len)
        return;
    user = object(w, w->root, "user");
    set(w, user, "id", id);
    set(w, user, "email", email);
    set(w, user, "username", name);
    set(w, user, "ip_address", first_string(attrs, addresses));
}

static struct text url_of(struct work *w, const struct attrs *attrs)
{
    static const char *const whole[] = {"url.full", "http.url", NULL};
    static const char *const schemes[] = {"url.scheme", "http.scheme", NULL};
    static const char *const hosts[] = {"server.address", "http.host", "net.host.name", NULL};
    static const char *const paths[] = {"url.path", "http.target", NULL};
    struct text url = first_string(attrs, whole), host = first_string(attrs, hosts),
                path = first_string(attrs, paths), scheme = first_string(attrs, schemes);

    if (url.len || !path.len)
        return url;
    if (!host.len)
        return path;
    return arena_printf(w->a, "%.*s://%.*s%.*s", TEXT_ARG(scheme.len ? scheme : TEXT("http")),
                        TEXT_ARG(host), TEXT_ARG(path));
}

static void add_request(struct work *w)
{
    static const char *const methods[] = {"http.request.method", "http.method", NULL};
    static const char *const agents[] = {"user_agent.original", "http.user_agent", NULL};
    const struct attrs *attrs = around(w);
    struct text method = first_string(attrs, methods), agent = first_string(attrs, agents);
    struct json *request;

    /* A client's span speaks of the other side's URL, not of what was asked of us. */
    if (!method.len || (w->e->span && w->e->span->kind == SPAN_CLIENT))
        return;
    request = object(w, w->root, "request");
    set(w, request, "method", method);
    set(w, request, "url", url_of(w, attrs));
    set(w, request, "query_string", attr_string(attrs, "url.query"));
    if (agent.len)
        set(w, object(w, request, "headers"), "User-Agent", agent);
}

/* A map of plain values; stack texts are shown as stacks. */
static void add_attrs(struct work *w, struct json *in, const char *key, const struct attrs *attrs)
{
    struct json *map = attrs->count ? object(w, in, key) : NULL;

    for (uint32_t i = 0; map && i < attrs->count; i++) {
        const struct attr *at = &attrs->at[i];
        struct json *v = NULL;

        if (text_is(at->key, "exception.stacktrace"))
            continue;
        if (at->kind == ATTR_INT)
            v = json_new_int(w->a, at->integer);
        else if (at->kind == ATTR_BOOL)
            v = json_new(w->a, at->integer ? JSON_TRUE : JSON_FALSE);
        else if (at->kind != ATTR_JSON || json_read(at->text, w->a, &v, NULL) != JSON_OK)
            v = json_new_string(w->a, attr_as_text(at, w->a));
        if (v) {
            v->key = at->key;
            v->key_escaped = text_plain(at->key) != at->key.len;
            v->next = NULL;
            json_push(map, v);
        }
    }
}

static void add_trace(struct work *w, struct json *contexts)
{
    const struct span *s = w->e->span;
    struct json *trace;

    if (id_is_zero(w->e->trace_id, 16))
        return;
    trace = object(w, contexts, "trace");
    set_hex(w, trace, "trace_id", w->e->trace_id, 16);
    set_hex(w, trace, "span_id", w->e->span_id, 8);
    if (!s)
        return;
    set_hex(w, trace, "parent_span_id", s->parent_id, 8);
    set(w, trace, "op", span_op(s));
    set(w, trace, "status", text_of(span_status_name(span_status_word(s))));
}

static void add_contexts(struct work *w)
{
    const struct attrs *r = &w->e->resource->attrs;
    struct json *contexts = object(w, w->root, "contexts"), *otel, *part;
    struct text name = attr_string(r, "process.runtime.name"), os = attr_string(r, "os.type");

    if (!contexts)
        return;
    add_trace(w, contexts);
    otel = object(w, contexts, "otel");
    add_attrs(w, otel, "attributes", w->e->attrs);
    if (w->e->span && w->e->attrs != &w->e->span->attrs)
        add_attrs(w, otel, "span", &w->e->span->attrs);
    add_attrs(w, otel, "resource", r);
    if (name.len) {
        part = object(w, contexts, "runtime");
        set(w, part, "name", name);
        set(w, part, "version", attr_string(r, "process.runtime.version"));
    }
    if (os.len) {
        part = object(w, contexts, "os");
        set(w, part, "name", os);
        set(w, part, "raw_description", attr_string(r, "os.description"));
    }
}

static void add_tags(struct work *w)
{
    const struct span *s = w->e->span;
    const struct stack_error *thrown = &w->stack.errors[w->stack.count - 1];
    struct json *tags = object(w, w->root, "tags");
    struct text kind = s ? text_of(span_kind_name(s->kind)) : TEXT_NONE;

    set(w, tags, "service", w->e->resource->service);
    set(w, tags, "span.kind", kind);
    if (s)
        set(w, tags, "span.name", s->name);
    /* ECONNREFUSED and its like: what the SDK called the type is no type of the program. */
    if (w->e->type.len && thrown->type.len && text_find(w->e->type, thrown->type) == w->e->type.len)
        set(w, tags, "exception.type", w->e->type);
}

static void add_log(struct work *w)
{
    const struct logrec *l = w->e->log;
    struct json *entry;

    if (!l)
        return;
    set(w, w->root, "logger", l->scope ? l->scope->name : TEXT_NONE);
    if (l->body.kind == ATTR_STRING && l->body.text.len) {
        entry = object(w, w->root, "logentry");
        set(w, entry, "formatted", l->body.text);
    }
}

static void add_head(struct work *w)
{
    const struct otel_error *e = w->e;
    const struct attrs *r = &e->resource->attrs;
    struct text host = attr_string(r, "host.name");
    struct json *sdk;

    set_hex(w, w->root, "event_id", e->id, 16);
    set(w, w->root, "timestamp", timestamp_text((int64_t)(e->time_ns / 1000), w->a));
    set(w, w->root, "level", text_of(level_name(e->level)));
    set(w, w->root, "platform", text_of(w->platform));
    set(w, w->root, "release", e->resource->release);
    set(w, w->root, "environment", e->resource->environment);
    set(w, w->root, "server_name", host.len ? host : attr_string(r, "k8s.pod.name"));
    if (e->span && e->span->flags & SPAN_ENTRY)
        set(w, w->root, "transaction", e->span->name);
    sdk = object(w, w->root, "sdk");
    set(w, sdk, "name", attr_string(r, "telemetry.sdk.name"));
    set(w, sdk, "version", attr_string(r, "telemetry.sdk.version"));
}

/* Sentry's platforms; what the SDK says goes before what the stack looks like. */
static const char *platform_of(const struct otel_error *e, const struct stack_text *s)
{
    static const char *const known[] = {"python", "java",  "node",   "javascript", "go",  "csharp",
                                        "ruby",   "php",   "rust",   "native",     "cpp", "elixir",
                                        "erlang", "swift", "kotlin", NULL};

    for (const char *const *name = known; *name; name++)
        if (text_is(e->resource->platform, *name))
            return text_is(e->resource->platform, "kotlin")   ? "java"
                   : text_is(e->resource->platform, "cpp")    ? "native"
                   : text_is(e->resource->platform, "swift")  ? "cocoa"
                   : text_is(e->resource->platform, "erlang") ? "elixir"
                                                              : *name;
    return stack_platform(s->language);
}

struct json *otel_error_event(const struct otel_error *e, struct arena *a)
{
    struct work w = {.e = e, .a = a, .root = json_new(a, JSON_OBJECT)};
    struct json *extra;

    if (!w.root)
        return NULL;
    if (!e->causes &&
        !stack_parse(e->stack,
                     stack_language_of(attr_string(&e->resource->attrs, "telemetry.sdk.language")),
                     a, &w.stack))
        return NULL;
    w.platform = platform_of(e, &w.stack);
    if (e->causes && !read_causes(&w))
        return NULL;
    if (!add_exceptions(&w))
        return NULL;
    add_head(&w);
    add_log(&w);
    add_tags(&w);
    add_user(&w);
    add_request(&w);
    add_contexts(&w);
    if (e->stack.len && !e->causes && !has_frames(&w)) { /* nobody's grammar: keep the text */
        extra = object(&w, w.root, "extra");
        set(&w, extra, "exception.stacktrace", e->stack);
    }
    return arena_spent(a) ? NULL : w.root;
}
