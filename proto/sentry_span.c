/* sentry_span.c -- transactions and single spans of the older protocol. */
#include "proto/sentry_span.h"

#include <stdlib.h>

#include "proto/hex.h"
#include "proto/limits.h"
#include "proto/sentry_part.h"
#include "proto/utf8.h"

const char *sentry_rc_reason(enum sentry_rc rc)
{
    switch (rc) {
    case SENTRY_OK:
        return "";
    case SENTRY_NOT_OBJECT:
        return "invalid_json";
    case SENTRY_NO_TRACE:
        return "invalid_transaction:no_trace";
    case SENTRY_BAD_TIME:
        return "invalid_transaction:timestamp";
    case SENTRY_BAD_COUNT:
        return "invalid_container:item_count";
    case SENTRY_NO_ITEMS:
        return "invalid_container";
    case SENTRY_SPENT:
        return "too_large";
    }
    return "invalid";
}

uint8_t span_kind_of_op(struct text op)
{
    if (text_ends(op, ".server"))
        return SPAN_SERVER;
    if (text_is(op, "http.client") || text_is(op, "db") || text_starts(op, "db.") ||
        text_ends(op, ".client"))
        return SPAN_CLIENT;
    if (text_is(op, "queue.publish") || text_starts(op, "queue.submit"))
        return SPAN_PRODUCER;
    if (text_is(op, "queue.process") || text_starts(op, "queue.task"))
        return SPAN_CONSUMER;
    return SPAN_INTERNAL;
}

static struct text short_text(const struct json *v, size_t max, struct arena *a)
{
    struct text t = json_string(v, a);

    return t.len ? utf8_mend(text_clip(t, max), a) : TEXT_NONE;
}

/* ---- one span of the older kind ---- */

static void set_op(struct span *s, struct text op)
{
    s->op = op.len ? text_clip(op, SPAN_OP_MAX) : TEXT("default");
    s->kind = span_kind_of_op(s->op);
}

static void add_hex(struct attr_list *l, const char *key, const uint8_t *id, size_t len)
{
    char *hex = arena_alloc(l->arena, 2 * len);

    if (hex) {
        hex_write(id, len, hex);
        attr_add_text(l, key, (struct text){hex, 2 * len});
    }
}

static void old_attrs(struct span *s, const struct json *v, struct arena *a)
{
    struct attr_list l;

    attr_list_init(&l, a, 16, SPAN_ATTRS_MAX);
    sentry_data(&l, json_get(v, "data"));
    sentry_data_missing(&l, json_get(v, "tags"));
    attr_add_text(&l, "sentry.origin", json_string(json_get(v, "origin"), a));
    sentry_measurements(&l, json_get(v, "measurements"));
    s->attrs = l.attrs;
}

/* False: broken. `end_of` ends a span that was never finished; 0: then it is broken. */
static bool old_span(struct sentry_work *w, const struct json *v, uint64_t end_of, struct span *s)
{
    const struct json *end = json_get(v, "timestamp");

    memset(s, 0, sizeof *s);
    s->flags = SPAN_SENTRY;
    s->weight = w->weight;
    if (!json_is(v, JSON_OBJECT) || !sentry_trace_id(json_get(v, "trace_id"), s->trace_id, w->a) ||
        !sentry_span_id(json_get(v, "span_id"), s->span_id, w->a) ||
        !sentry_time(w, json_get(v, "start_timestamp"), &s->start_ns))
        return false;
    sentry_status(s, json_get(v, "status"), w->a);
    if (!end || end->kind == JSON_NULL) {
        s->end_ns = end_of > s->start_ns ? end_of : s->start_ns;
        s->flags |= SPAN_UNFINISHED | SPAN_ERROR;
        s->status = STATUS_DEADLINE_EXCEEDED;
        s->code = SPAN_FAILED;
        if (!end_of)
            return false;
    } else if (!sentry_time(w, end, &s->end_ns) || s->end_ns < s->start_ns) {
        return false;
    }
    if (!sentry_span_id(json_get(v, "parent_span_id"), s->parent_id, w->a) ||
        memcmp(s->parent_id, s->span_id, 8) == 0)
        memset(s->parent_id, 0, 8);
    set_op(s, short_text(json_get(v, "op"), SPAN_OP_MAX, w->a));
    s->name = short_text(json_get(v, "description"), SPAN_NAME_MAX, w->a);
    if (!s->name.len)
        s->name = s->op;
    old_attrs(s, v, w->a);
    sentry_links(s, json_get(v, "links"), w->a);
    return true;
}

/* ---- transactions ---- */

static struct text context_text(const struct event *e, const char *context, const char *key,
                                struct arena *a)
{
    return json_string(json_get(json_get(e->contexts, context), key), a);
}

static struct text tag_of(const struct event *e, const char *key)
{
    for (uint32_t i = 0; i < e->tag_count; i++)
        if (text_is(e->tags[i].key, key))
            return e->tags[i].value;
    return TEXT_NONE;
}

static const struct resource *resource_of(struct sentry_work *w, const struct event *e)
{
    struct sentry_origin o = {
        .service = tag_of(e, "service"),
        .release = e->release,
        .environment = e->environment,
        .platform = e->platform,
        .server_name = e->server_name.len ? e->server_name : tag_of(e, "server_name"),
        .dist = e->dist,
        .sdk_name = e->sdk_name,
        .sdk_version = e->sdk_version,
        .runtime_name = context_text(e, "runtime", "name", w->a),
        .runtime_version = context_text(e, "runtime", "version", w->a),
        .os_name = context_text(e, "os", "name", w->a),
        .os_version = context_text(e, "os", "version", w->a),
    };

    return sentry_resource(w, &o);
}

/* Tags that say what the span or its resource says anyway. */
static bool is_derived(struct text key)
{
    static const char *const derived[] = {"level",       "environment", "release", "dist",
                                          "transaction", "user",        "url",     "server_name",
                                          "service",     "mechanism",   "handled"};

    for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++)
        if (text_is(key, derived[i]))
            return true;
    return false;
}

static void root_attrs(struct sentry_work *w, const struct event *e, const struct json *trace,
                       struct span *s)
{
    const struct json *response = json_get(json_get(e->contexts, "response"), "status_code");
    struct arena *a = w->a;
    struct attr_list l;
    struct attr *at;
    int64_t code;

    attr_list_init(&l, a, 32, SPAN_ATTRS_MAX);
    sentry_data(&l, json_get(trace, "data"));
    for (uint32_t i = 0; i < e->tag_count; i++)
        if (!is_derived(e->tags[i].key) && (at = attr_add(&l, e->tags[i].key)))
            attr_set_text(at, ATTR_STRING, e->tags[i].value, a);
    if (!attr_get(&l.attrs, "http.request.method"))
        attr_add_text(&l, "http.request.method", e->request_method);
    if (!attr_get(&l.attrs, "url.full"))
        attr_add_text(&l, "url.full", e->request_url);
    if (!attr_get(&l.attrs, "http.response.status_code") && json_int64(response, &code) &&
        (at = attr_add(&l, TEXT("http.response.status_code")))) {
        at->kind = ATTR_INT;
        at->integer = code;
    }
    attr_add_text(&l, "user.id", e->user_id);
    attr_add_text(&l, "user.email", e->user_email);
    attr_add_text(&l, "user.name", e->user_username);
    attr_add_text(&l, "user.ip_address", e->user_ip);
    attr_add_text(&l, "sentry.origin", json_string(json_get(trace, "origin"), a));
    attr_add_text(&l, "sentry.source",
                  json_string(json_get(json_get(e->root, "transaction_info"), "source"), a));
    attr_add_text(&l, "sentry.profile_id", context_text(e, "profile", "profile_id", a));
    attr_add_text(&l, "sentry.profiler_id", context_text(e, "profile", "profiler_id", a));
    attr_add_text(&l, "sentry.replay_id", context_text(e, "replay", "replay_id", a));
    add_hex(&l, "sentry.event_id", e->id, 16);
    sentry_measurements(&l, json_get(e->root, "measurements"));
    s->attrs = l.attrs;
}

static enum sentry_rc root_span(struct sentry_work *w, const struct event *e, struct span *s)
{
    const struct json *trace = json_get(e->contexts, "trace");
    double rate;

    memset(s, 0, sizeof *s);
    s->flags = SPAN_SENTRY | SPAN_TRANSACTION | SPAN_ENTRY;
    if (!sentry_trace_id(json_get(trace, "trace_id"), s->trace_id, w->a) ||
        !sentry_span_id(json_get(trace, "span_id"), s->span_id, w->a))
        return SENTRY_NO_TRACE;
    if (!sentry_time(w, json_get(e->root, "start_timestamp"), &s->start_ns) ||
        !sentry_time(w, json_get(e->root, "timestamp"), &s->end_ns) || s->end_ns < s->start_ns)
        return SENTRY_BAD_TIME;
    if (!sentry_span_id(json_get(trace, "parent_span_id"), s->parent_id, w->a) ||
        memcmp(s->parent_id, s->span_id, 8) == 0)
        memset(s->parent_id, 0, 8);
    if (w->weight == 1 && json_double(json_get(trace, "client_sample_rate"), &rate) &&
        rate > 1e-6 && rate <= 1)
        w->weight = 1 / rate;
    s->weight = w->weight;
    s->name = e->transaction.len ? text_clip(e->transaction, SPAN_NAME_MAX)
                                 : TEXT("<unlabeled transaction>");
    set_op(s, short_text(json_get(trace, "op"), SPAN_OP_MAX, w->a));
    sentry_status(s, json_get(trace, "status"), w->a);
    root_attrs(w, e, trace, s);
    sentry_links(s, json_get(trace, "links"), w->a);
    return SENTRY_OK;
}

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, 8);
}

/* A span without a parent is the root's child. One whose parent is elsewhere (some SDKs move spans
 * into a container of their own) says which transaction it belongs to, in case that never comes. */
static bool settle_parents(struct sentry_work *w, struct sentry_spans *t)
{
    uint8_t(*ids)[8] = arena_alloc(w->a, t->count * sizeof *ids);
    const struct span *root = &t->spans[0];

    if (!ids)
        return false;
    for (uint32_t i = 0; i < t->count; i++)
        memcpy(ids[i], t->spans[i].span_id, 8);
    qsort(ids, t->count, sizeof *ids, by_id);
    for (uint32_t i = 1; i < t->count; i++) {
        struct span *s = &t->spans[i];
        struct attr_list l = {
            .attrs = s->attrs, .room = s->attrs.count, .max = SPAN_ATTRS_MAX, .arena = w->a};

        if (id_is_zero(s->parent_id, 8))
            memcpy(s->parent_id, root->span_id, 8);
        if (!bsearch(s->parent_id, ids, t->count, sizeof *ids, by_id)) {
            add_hex(&l, "sentry.segment.id", root->span_id, 8);
            s->attrs = l.attrs;
        }
    }
    return true;
}

enum sentry_rc sentry_transaction(const struct event *e, const struct sentry_context *ctx,
                                  struct arena *a, struct sentry_spans *out)
{
    struct sentry_context here = *ctx;
    const struct json *list = json_get(e->root, "spans");
    uint32_t sent = json_is(list, JSON_ARRAY) ? list->count : 0;
    const struct resource *resource;
    struct sentry_work w;
    enum sentry_rc rc;

    *out = (struct sentry_spans){0};
    here.sent_at = TEXT_NONE; /* the event's times have been set right already */
    w = sentry_begin(&here, a);
    if (!(out->spans = arena_alloc(a, (sent + 1) * sizeof *out->spans)))
        return SENTRY_SPENT;
    if ((rc = root_span(&w, e, &out->spans[0])) != SENTRY_OK)
        return rc;
    out->count = 1;
    for (const struct json *m = sent ? list->child : NULL; m; m = m->next) {
        if (old_span(&w, m, out->spans[0].end_ns, &out->spans[out->count]))
            out->count++;
        else
            out->broken++;
    }
    if (!settle_parents(&w, out) || !(resource = resource_of(&w, e)))
        return SENTRY_SPENT;
    for (uint32_t i = 0; i < out->count; i++)
        out->spans[i].resource = resource;
    return arena_spent(a) ? SENTRY_SPENT : SENTRY_OK;
}

/* ---- single spans ---- */

enum sentry_rc sentry_span(const struct json *root, const struct sentry_context *ctx,
                           struct arena *a, struct sentry_spans *out)
{
    struct sentry_work w = sentry_begin(ctx, a);
    bool segment = false;
    double exclusive;
    struct attr_list l;
    struct attr *at;
    struct span *s;

    *out = (struct sentry_spans){0};
    if (!json_is(root, JSON_OBJECT))
        return SENTRY_NOT_OBJECT;
    if (!(out->spans = s = arena_alloc(a, sizeof *s)))
        return SENTRY_SPENT;
    if (!old_span(&w, root, 0, s)) {
        out->broken = 1;
        return SENTRY_OK;
    }
    l = (struct attr_list){
        .attrs = s->attrs, .room = s->attrs.count, .max = SPAN_ATTRS_MAX, .arena = a};
    if (json_double(json_get(root, "exclusive_time"), &exclusive) &&
        (at = attr_add(&l, TEXT("sentry.exclusive_time")))) {
        at->kind = ATTR_DOUBLE;
        at->real = exclusive;
    }
    attr_add_text(&l, "sentry.segment.id", json_string(json_get(root, "segment_id"), a));
    attr_add_text(&l, "sentry.profile_id", json_string(json_get(root, "profile_id"), a));
    s->attrs = l.attrs;
    json_boolean(json_get(root, "is_segment"), &segment);
    if (segment || id_is_zero(s->parent_id, 8))
        s->flags |= SPAN_ENTRY;
    s->resource = sentry_resource_of(&w, &s->attrs);
    out->count = 1;
    return arena_spent(a) ? SENTRY_SPENT : SENTRY_OK;
}
