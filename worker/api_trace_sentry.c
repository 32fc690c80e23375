/* api_trace_sentry.c -- a trace as Sentry's API tells it: spans inside of spans, errors on them; and its
 * figures.
 * Source     getsentry/sentry, api/endpoints/organization_trace.py, organization_trace_meta.py. */
#include <string.h>

#include "model/span_name.h"
#include "proto/event.h"
#include "worker/api_resources.h"
#include "worker/issue_view.h"
#include "worker/trace_view.h"

#define NODES_MAX 10000 /* Sentry's own limit */
#define NESTED_MAX 200  /* levels; what is deeper stands beside its parent: readers recurse */

struct nodes {
    struct api_call *c;
    const struct trace *tree;
    uint32_t *entry; /* by node: where its unit of work starts */
    struct trace_error *errors;
    uint32_t *first, *next; /* errors of a node, as a list; TRACE_NONE: no more */
    uint32_t error_count, stray;
};

/* ---- what belongs together ---- */

static void find_entries(struct nodes *n)
{
    for (uint32_t i = 0; i < n->tree->count; i++) {
        const struct trace_node *node = &n->tree->nodes[i];

        n->entry[i] =
            node->flags & NODE_ENTRY || node->parent == TRACE_NONE ? i : n->entry[node->parent];
    }
}

/* Errors of one span, in their order; those whose span is not here, or not shown: `stray`. */
static void hang_errors(struct nodes *n, struct trace_index *index, uint32_t shown)
{
    n->stray = TRACE_NONE;
    memset(n->first, 0xff, (n->tree->count + 1) * sizeof *n->first);
    for (uint32_t i = n->error_count; i-- > 0;) {
        uint32_t node = trace_index_find(index, n->errors[i].span);
        uint32_t *head = node < shown ? &n->first[node] : &n->stray;

        n->next[i] = *head;
        *head = i;
    }
}

static bool gather(struct nodes *n, uint32_t shown)
{
    struct arena *a = n->c->arena;
    struct trace_index index = trace_index(n->tree, a);

    n->entry = arena_alloc(a, n->tree->count * sizeof *n->entry);
    n->first = arena_alloc(a, (n->tree->count + 1) * sizeof *n->first);
    n->next = arena_alloc(a, (n->error_count + 1) * sizeof *n->next);
    if (arena_spent(a))
        return false;
    find_entries(n);
    hang_errors(n, &index, shown);
    return true;
}

/* ---- errors ---- */

static void write_error(struct nodes *n, const struct trace_error *e)
{
    const struct api_project *p = api_project_by_id(n->c, e->at.project);
    struct buf *b = &n->c->out;
    struct issue_row row;

    json_open(b, NULL, '{');
    json_hex(b, "event_id", e->at.id, 16);
    json_str(b, "event_type", "error");
    json_int(b, "issue_id", e->issue);
    json_int(b, "project_id", e->at.project);
    json_text(b, "project_slug", p ? p->slug : TEXT_NONE);
    json_text(b, "title", e->title);
    json_text(b, "description", e->title);
    json_text(b, "culprit", e->culprit);
    json_text(b, "transaction", e->transaction);
    json_str(b, "level", level_name((enum level)e->level));
    if (issue_row_get(n->c, e->issue, &row))
        json_text(b, "short_id", issue_short_id(n->c, &row));
    json_num(b, "start_timestamp", (double)e->at.timestamp_ms / 1e3);
    if (id_is_zero(e->span, 8))
        json_null(b, "span_id");
    else
        json_hex(b, "span_id", e->span, 8);
    json_close(b, '}');
}

static void write_errors(struct nodes *n, uint32_t first)
{
    for (uint32_t i = first; i != TRACE_NONE; i = n->next[i])
        write_error(n, &n->errors[i]);
}

/* ---- spans ---- */

static void write_measurements(struct buf *b, const struct attrs *attrs)
{
    static const char PREFIX[] = "measurements.";

    json_open(b, "measurements", '{');
    for (uint32_t i = 0; i < attrs->count; i++) {
        const struct attr *at = &attrs->at[i];

        if (!text_starts(at->key, PREFIX) || text_ends(at->key, ".unit"))
            continue;
        json_key(b, at->key);
        attr_write_value(b, NULL, at);
    }
    json_close(b, '}');
}

static void write_asked(struct api_call *c, const struct attrs *attrs)
{
    struct text key;
    uint32_t at = 0;

    json_open(&c->out, "additional_attributes", '{');
    while (api_param_next(c, "additional_attributes", &at, &key))
        for (uint32_t i = 0; i < attrs->count; i++)
            if (text_eq(attrs->at[i].key, key)) {
                json_key(&c->out, key);
                attr_write_value(&c->out, NULL, &attrs->at[i]);
                break;
            }
    json_close(&c->out, '}');
}

static void write_text_of(struct buf *b, const char *key, const struct attrs *attrs,
                          const char *name)
{
    struct text t = attr_string(attrs, name);

    json_text(b, key, t.len ? t : TEXT_NONE);
}

static void write_place(struct nodes *n, uint32_t i)
{
    const struct span *s = n->tree->nodes[i].span, *entry = n->tree->nodes[n->entry[i]].span;
    const struct api_project *p = api_project_by_id(n->c, span_source(s)->project);
    struct text event = attr_string(&entry->attrs, "sentry.event_id");
    struct buf *b = &n->c->out;

    json_hex(b, "event_id", s->span_id, 8);
    if (event.len)
        json_text(b, "transaction_id", event);
    else
        json_hex(b, "transaction_id", entry->span_id, 8);
    if (id_is_zero(s->parent_id, 8))
        json_null(b, "parent_span_id");
    else
        json_hex(b, "parent_span_id", s->parent_id, 8);
    json_int(b, "project_id", span_source(s)->project);
    json_text(b, "project_slug", p ? p->slug : TEXT_NONE);
    json_text(b, "transaction", span_operation(entry));
    json_bool(b, "is_transaction", n->entry[i] == i);
}

/* A node but for its children and what follows them. */
static void open_node(struct nodes *n, uint32_t i)
{
    const struct span *s = n->tree->nodes[i].span;
    struct buf *b = &n->c->out;

    json_open(b, NULL, '{');
    write_place(n, i);
    json_str(b, "event_type", "span");
    json_num(b, "start_timestamp", (double)s->start_ns / 1e9);
    json_num(b, "end_timestamp", (double)s->end_ns / 1e9);
    json_num(b, "duration", (double)(s->end_ns - s->start_ns) / 1e6);
    json_text(b, "op", span_op(s));
    json_text(b, "name", span_operation(s));
    json_text(b, "description", span_description(s, n->c->arena));
    json_str(b, "status", span_status_name(span_status_word(s)));
    json_text(b, "service", s->resource->service);
    write_text_of(b, "sdk_name", &s->resource->attrs, "telemetry.sdk.name");
    write_text_of(b, "profile_id", &s->attrs, "sentry.profile_id");
    write_text_of(b, "profiler_id", &s->attrs, "sentry.profiler_id");
    write_measurements(b, &s->attrs);
    write_asked(n->c, &s->attrs);
    json_open(b, "occurrences", '[');
    json_close(b, ']');
    json_open(b, "errors", '[');
    write_errors(n, n->first[i]);
    json_close(b, ']');
    json_open(b, "children", '[');
}

static uint32_t level_of(const struct trace_node *n)
{
    return n->depth < NESTED_MAX ? n->depth : NESTED_MAX;
}

static void write_nodes(struct nodes *n, uint32_t shown)
{
    struct buf *b = &n->c->out;
    uint32_t open = 0;

    json_open(b, NULL, '[');
    for (uint32_t i = 0; i < shown; i++) {
        for (; open > level_of(&n->tree->nodes[i]); open--) {
            json_close(b, ']');
            json_close(b, '}');
        }
        open_node(n, i);
        open++;
    }
    for (; open > 0; open--) {
        json_close(b, ']');
        json_close(b, '}');
    }
    write_errors(n, n->stray);
    json_close(b, ']');
}

static uint32_t limit_of(const struct api_call *c)
{
    unsigned long long n;

    return text_u64(api_param(c, "limit"), &n) && n && n < NODES_MAX ? (uint32_t)n : NODES_MAX;
}

void trace_nested(struct api_call *c)
{
    struct nodes n = {.c = c, .errors = arena_alloc(c->arena, TRACE_ERRORS_MAX * sizeof *n.errors)};
    uint32_t limit = limit_of(c), shown;
    struct span_trace stored;
    struct trace tree;
    uint8_t id[16];

    if (!n.errors || !api_trace_id(c, c->arg[0], id) || !span_store_trace(c, id, &stored, &tree))
        return;
    n.tree = &tree;
    n.error_count = trace_errors(c, id, n.errors, TRACE_ERRORS_MAX);
    shown = tree.count < limit ? tree.count : limit;
    if (!gather(&n, shown))
        return;
    write_nodes(&n, shown);
    api_done(c, 200);
}

/* ---- figures ---- */

struct ops {
    struct text *names;
    uint32_t *counts, count;
};

#define OPS_MAX 200

static void count_op(struct ops *o, struct text op)
{
    uint32_t i = 0;

    while (i < o->count && !text_eq(o->names[i], op))
        i++;
    if (i == o->count) {
        if (i == OPS_MAX)
            return;
        o->names[o->count++] = op;
    }
    o->counts[i]++;
}

static bool count_log(void *own, const struct logrec *l, uint32_t project)
{
    (void)l;
    (void)project;
    ++*(uint32_t *)own;
    return true;
}

static void write_transactions(struct api_call *c, struct nodes *n)
{
    uint32_t *children = arena_zero(c->arena, n->tree->count + 1, sizeof *children);
    struct buf *b = &c->out;

    json_open(b, "transactionChildCountMap", '[');
    for (uint32_t i = 0; children && i < n->tree->count; i++)
        children[n->entry[i]]++;
    for (uint32_t i = 0; children && i < n->tree->count; i++) {
        const struct span *s = n->tree->nodes[i].span;
        struct text event = attr_string(&s->attrs, "sentry.event_id");

        if (n->entry[i] != i)
            continue;
        json_open(b, NULL, '{');
        if (event.len)
            json_text(b, "transaction.event_id", event);
        else
            json_hex(b, "transaction.event_id", s->span_id, 8);
        json_uint(b, "count()", children[i]);
        json_close(b, '}');
    }
    json_close(b, ']');
}

static void write_ops(struct api_call *c, const struct trace *t)
{
    struct ops o = {.names = arena_alloc(c->arena, OPS_MAX * sizeof *o.names),
                    .counts = arena_zero(c->arena, OPS_MAX, sizeof *o.counts)};

    if (!o.names || !o.counts)
        return;
    for (uint32_t i = 0; i < t->count; i++)
        count_op(&o, span_op(t->nodes[i].span));
    json_open(&c->out, "spansCountMap", '{');
    for (uint32_t i = 0; i < o.count; i++) {
        json_key(&c->out, o.names[i]);
        json_uint(&c->out, NULL, o.counts[i]);
    }
    json_close(&c->out, '}');
}

void trace_meta(struct api_call *c)
{
    struct nodes n = {.c = c};
    struct stored_event *places = arena_alloc(c->arena, TRACE_ERRORS_MAX * sizeof *places);
    uint32_t errors, logs = 0, spans;
    struct span_trace stored;
    struct trace tree;
    uint8_t id[16];

    if (!places || !api_trace_id(c, c->arg[0], id) || !span_store_trace(c, id, &stored, &tree))
        return;
    n.tree = &tree;
    errors = trace_error_places(c, id, places, TRACE_ERRORS_MAX);
    if (!gather(&n, tree.count) || !span_store_logs(c, id, count_log, &logs))
        return;
    spans = stored.stored > stored.count ? stored.stored : tree.count;
    json_open(&c->out, NULL, '{');
    json_uint(&c->out, "errors", errors);
    json_uint(&c->out, "errorsCount", errors);
    json_uint(&c->out, "performance_issues", 0);
    json_uint(&c->out, "performanceIssuesCount", 0);
    json_uint(&c->out, "span_count", spans);
    json_uint(&c->out, "spansCount", spans);
    json_uint(&c->out, "logs", logs);
    json_uint(&c->out, "logsCount", logs);
    json_uint(&c->out, "metricsCount", 0);
    json_uint(&c->out, "uptimeCount", 0);
    write_transactions(c, &n);
    write_ops(c, &tree);
    json_close(&c->out, '}');
    api_done(c, 200);
}
