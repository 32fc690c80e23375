/* sentry_items.c -- item containers: {"version":2,"items":[…]} of spans, logs, metrics. */
#include <math.h>

#include "proto/limits.h"
#include "proto/sentry_part.h"
#include "proto/utf8.h"

/* The list; its length must be what the item header says, since a proxy may have cut it. */
static enum sentry_rc items_of(const struct json *root, int64_t item_count, const struct json **out)
{
    const struct json *items = json_get(root, "items");

    if (!json_is(root, JSON_OBJECT))
        return SENTRY_NOT_OBJECT;
    if (!json_is(items, JSON_ARRAY))
        return SENTRY_NO_ITEMS;
    *out = items;
    return item_count >= 0 && item_count != items->count ? SENTRY_BAD_COUNT : SENTRY_OK;
}

static struct text short_text(const struct json *v, size_t max, struct arena *a)
{
    struct text t = json_string(v, a);

    return t.len ? utf8_mend(text_clip(t, max), a) : TEXT_NONE;
}

/* ---- spans ---- */

/* Version 2 knows two statuses; anything else is as good as none. */
static void set_status(struct span *s, struct text status)
{
    if (text_eq_nocase(status, TEXT("ok")))
        s->status = STATUS_OK;
    else if (text_eq_nocase(status, TEXT("error"))) {
        s->status = STATUS_INTERNAL_ERROR;
        s->code = SPAN_FAILED;
        s->flags |= SPAN_ERROR;
    } else if (status.len) {
        s->status = STATUS_UNKNOWN;
    }
}

static bool new_span(struct sentry_work *w, const struct json *v, struct span *s)
{
    struct arena *a = w->a;
    bool segment = false;
    struct attr_list l;
    struct text op;

    memset(s, 0, sizeof *s);
    s->flags = SPAN_SENTRY;
    s->weight = w->weight;
    if (!json_is(v, JSON_OBJECT) || !sentry_trace_id(json_get(v, "trace_id"), s->trace_id, a) ||
        !sentry_span_id(json_get(v, "span_id"), s->span_id, a) ||
        !sentry_time(w, json_get(v, "start_timestamp"), &s->start_ns) ||
        !sentry_time(w, json_get(v, "end_timestamp"), &s->end_ns) || s->end_ns < s->start_ns)
        return false;
    if (!sentry_span_id(json_get(v, "parent_span_id"), s->parent_id, a) ||
        memcmp(s->parent_id, s->span_id, 8) == 0)
        memset(s->parent_id, 0, 8);
    set_status(s, json_string(json_get(v, "status"), a));
    attr_list_init(&l, a, 16, SPAN_ATTRS_MAX);
    sentry_attributes(&l, json_get(v, "attributes"));
    s->attrs = l.attrs;
    s->name = short_text(json_get(v, "name"), SPAN_NAME_MAX, a);
    op = attr_string(&s->attrs, "sentry.op");
    s->op = op.len ? text_clip(op, SPAN_OP_MAX) : TEXT("default");
    s->kind = span_kind_of_op(s->op);
    sentry_links(s, json_get(v, "links"), a);
    json_boolean(json_get(v, "is_segment"), &segment);
    if (segment || id_is_zero(s->parent_id, 8))
        s->flags |= SPAN_ENTRY;
    s->resource = sentry_resource_of(w, &s->attrs);
    return s->resource != NULL;
}

enum sentry_rc sentry_span_items(const struct json *root, int64_t item_count,
                                 const struct sentry_context *ctx, struct arena *a,
                                 struct sentry_spans *out)
{
    struct sentry_work w = sentry_begin(ctx, a);
    const struct json *items;
    enum sentry_rc rc = items_of(root, item_count, &items);

    *out = (struct sentry_spans){0};
    if (rc != SENTRY_OK)
        return rc;
    if (!(out->spans = arena_alloc(a, items->count * sizeof *out->spans)))
        return SENTRY_SPENT;
    for (const struct json *m = items->child; m; m = m->next) {
        if (new_span(&w, m, &out->spans[out->count]))
            out->count++;
        else
            out->broken++;
    }
    return arena_spent(a) ? SENTRY_SPENT : SENTRY_OK;
}

/* ---- logs ---- */

static void set_severity(struct logrec *l, const struct json *v, struct arena *a)
{
    int64_t number;

    l->severity_text = short_text(json_get(v, "level"), ATTR_KEY_MAX, a);
    if (json_int64(json_get(v, "severity_number"), &number) && number >= 1 && number <= 24)
        l->severity = (uint8_t)number;
    else
        l->severity = severity_of(l->severity_text);
}

static bool one_log(struct sentry_work *w, const struct json *v, struct logrec *l)
{
    const struct json *body = json_get(v, "body");
    struct attr_list attrs;

    memset(l, 0, sizeof *l);
    l->flags = LOG_SENTRY;
    if (!json_is(v, JSON_OBJECT) || !json_is(body, JSON_STRING))
        return false;
    if (!sentry_time(w, json_get(v, "timestamp"), &l->time_ns)) {
        l->time_ns = (uint64_t)w->ctx->received_us * 1000;
        l->flags |= LOG_TIME_MISSING;
    }
    if (!sentry_trace_id(json_get(v, "trace_id"), l->trace_id, w->a))
        memset(l->trace_id, 0, 16);
    if (id_is_zero(l->trace_id, 16) || !sentry_span_id(json_get(v, "span_id"), l->span_id, w->a))
        memset(l->span_id, 0, 8);
    set_severity(l, v, w->a);
    if (attr_set_text(&l->body, ATTR_STRING, json_string(body, w->a), w->a))
        l->flags |= LOG_CUT;
    attr_list_init(&attrs, w->a, 16, SPAN_ATTRS_MAX);
    sentry_attributes(&attrs, json_get(v, "attributes"));
    l->attrs = attrs.attrs;
    l->resource = sentry_resource_of(w, &l->attrs);
    return l->resource != NULL;
}

enum sentry_rc sentry_log_items(const struct json *root, int64_t item_count,
                                const struct sentry_context *ctx, struct arena *a,
                                struct sentry_logs *out)
{
    struct sentry_work w = sentry_begin(ctx, a);
    const struct json *items;
    enum sentry_rc rc = items_of(root, item_count, &items);

    *out = (struct sentry_logs){0};
    if (rc != SENTRY_OK)
        return rc;
    if (!(out->logs = arena_alloc(a, items->count * sizeof *out->logs)))
        return SENTRY_SPENT;
    for (const struct json *m = items->child; m; m = m->next) {
        if (one_log(&w, m, &out->logs[out->count]))
            out->count++;
        else
            out->broken++;
    }
    return arena_spent(a) ? SENTRY_SPENT : SENTRY_OK;
}

/* ---- metrics ---- */

static bool is_metric(const struct json *v)
{
    const struct json *name = json_get(v, "name"), *type = json_get(v, "type");
    double value;

    return json_is(name, JSON_STRING) && name->raw.len && json_is(type, JSON_STRING) &&
           (text_is(type->raw, "counter") || text_is(type->raw, "gauge") ||
            text_is(type->raw, "distribution")) &&
           json_is(json_get(v, "value"), JSON_NUMBER) &&
           json_double(json_get(v, "value"), &value) && isfinite(value);
}

enum sentry_rc sentry_metric_items(const struct json *root, int64_t item_count, uint32_t *valid,
                                   uint32_t *broken)
{
    const struct json *items;
    enum sentry_rc rc = items_of(root, item_count, &items);

    *valid = *broken = 0;
    if (rc != SENTRY_OK)
        return rc;
    for (const struct json *m = items->child; m; m = m->next)
        ++*(is_metric(m) ? valid : broken);
    return SENTRY_OK;
}
