/* api_trace_list.c -- traces that are looked for, as a list; two traces side by side. */
#include <string.h>

#include "model/query_words.h"
#include "model/span_name.h"
#include "worker/api_resources.h"
#include "worker/issue_view.h"
#include "worker/trace_error.h"
#include "worker/trace_search.h"
#include "worker/trace_view.h"

#define ISSUES_SHOWN 10 /* of one trace in a list */
#define ERRORS_SHOWN 50 /* events looked at for them */

/* ---- what is asked for ---- */

/* One term, of several values if there are several. */
static uint32_t any_of(struct span_query *q, uint8_t field, const struct text *values,
                       uint32_t count, struct arena *a)
{
    uint32_t node = QUERY_NONE;

    for (uint32_t i = 0; i < count; i++) {
        struct query_term t = {
            .field = field, .op = QUERY_EQ, .value = query_literal(values[i], a)};
        uint32_t one = query_add(q, &t);

        node = i ? query_join(q, QUERY_OR, node, one) : one;
    }
    return node;
}

#define VALUES_MAX 16

/* `environment` may be there several times. */
static uint32_t param_node(struct api_call *c, struct span_query *q, uint8_t field, const char *key)
{
    struct text values[VALUES_MAX], value;
    uint32_t n = 0, at = 0;

    while (n < VALUES_MAX && api_param_next(c, key, &at, &value))
        if (value.len)
            values[n++] = value;
    return any_of(q, field, values, n, c->arena);
}

/* `project`: numbers or slugs; -1: all. One that is not there fits nothing. */
static uint32_t project_node(struct api_call *c, struct span_query *q)
{
    struct text values[VALUES_MAX], value;
    uint32_t n = 0, at = 0, all;

    while (n < VALUES_MAX && api_param_next(c, "project", &at, &value)) {
        const struct api_project *p = api_project_find(c, value);

        if (text_is(value, "-1"))
            return QUERY_NONE;
        if (value.len)
            values[n++] = p ? p->slug : value;
    }
    api_projects(c, &all);
    if (n == 1 && all == 1 && api_project_find(c, values[0]))
        return QUERY_NONE; /* the only one there is */
    return any_of(q, QUERY_PROJECT, values, n, c->arena);
}

static bool wrong_query(struct api_call *c, struct text error)
{
    api_detailf(c, 400, "%.*s", TEXT_ARG(error));
    return false;
}

static bool words_read(struct api_call *c, struct trace_search *s, struct text words)
{
    struct text error;

    if (words.len > SEARCH_QUERY_MAX)
        return wrong_query(c, TEXT("The query is too long"));
    s->root = QUERY_NONE;
    if (text_starts(words, "{")) {
        if (!(s->ql = arena_zero(c->arena, 1, sizeof *s->ql)))
            return false;
        return traceql_read(words, c->arena, s->ql, &error) || wrong_query(c, error);
    }
    if (words.len && !query_words(words, c->now_ms, c->arena, s->query, &s->root, &error))
        return wrong_query(c, error);
    return true;
}

/* Is there a second value of that parameter? */
static bool again(const struct api_call *c, const char *key)
{
    struct text value;
    uint32_t at = 0;

    return api_param_next(c, key, &at, &value) && api_param_next(c, key, &at, &value);
}

static bool filter_read(struct api_call *c, struct trace_search *s)
{
    bool bare = s->root == QUERY_NONE && !s->ql;
    const uint32_t more[] = {param_node(c, s->query, QUERY_SERVICE, "service"),
                             param_node(c, s->query, QUERY_NAME, "operation"),
                             param_node(c, s->query, QUERY_ENVIRONMENT, "environment"),
                             project_node(c, s->query)};

    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        s->root = query_join(s->query, QUERY_AND, s->root, more[i]);
    s->service = api_param(c, "service");
    s->operation = api_param(c, "operation");
    if (!s->service.len)
        s->service = TEXT_NONE;
    if (!s->operation.len)
        s->operation = TEXT_NONE;
    s->outline = bare;
    s->entries = bare && !again(c, "service") && !again(c, "operation") && more[2] == QUERY_NONE &&
                 more[3] == QUERY_NONE;
    return true;
}

static bool order_read(struct api_call *c, enum trace_order *out)
{
    static const struct {
        const char *word;
        enum trace_order order;
    } ORDERS[] = {{"-timestamp", TRACES_NEWEST},
                  {"-duration", TRACES_LONGEST},
                  {"duration", TRACES_SHORTEST},
                  {"-spans", TRACES_LARGEST}};
    struct text sort = api_param(c, "sort");

    *out = TRACES_NEWEST;
    if (!sort.len)
        return true;
    for (size_t i = 0; i < sizeof ORDERS / sizeof *ORDERS; i++)
        if (text_is(sort, ORDERS[i].word)) {
            *out = ORDERS[i].order;
            return true;
        }
    api_detail(c, 400, "sort must be one of: -timestamp, -duration, duration, -spans");
    return false;
}

/* Without a range: all there is. A clock may be ahead of ours. */
static bool range_of(struct api_call *c, struct api_range *out)
{
    if (!range_read(c, 0, out))
        return false;
    if (!out->given)
        out->from_ms = 0;
    if (out->to_ms >= c->now_ms)
        out->to_ms = c->now_ms + SPAN_FUTURE_MAX_S * 1000LL;
    return true;
}

/* ---- one of the list ---- */

static void write_issues(struct api_call *c, const uint8_t id[16])
{
    struct stored_event places[ERRORS_SHOWN];
    uint32_t count = trace_error_places(c, id, places, ERRORS_SHOWN), n = 0;
    int64_t shown[ISSUES_SHOWN];
    struct buf *b = &c->out;

    json_open(b, "issues", '[');
    for (uint32_t i = 0; i < count && n < ISSUES_SHOWN; i++) {
        int64_t issue = stored_issue(c, &places[i]);
        struct issue_row row;
        uint32_t k = 0;

        while (k < n && shown[k] != issue)
            k++;
        if (!issue || k < n || !issue_row_get(c, issue, &row))
            continue;
        shown[n++] = issue;
        json_open(b, NULL, '{');
        api_id(b, "id", issue);
        json_text(b, "shortId", issue_short_id(c, &row));
        json_text(b, "title", row.title);
        json_close(b, '}');
    }
    json_close(b, ']');
}

static void write_services(struct buf *b, const struct trace_summary *s)
{
    json_open(b, "services", '[');
    for (uint32_t i = 0; i < s->service_count; i++) {
        json_open(b, NULL, '{');
        json_text(b, "name", s->services[i].name);
        json_uint(b, "spans", s->services[i].spans);
        json_uint(b, "errors", s->services[i].errors);
        json_close(b, '}');
    }
    json_close(b, ']');
}

static void write_summary(struct api_call *c, const char *key, const struct trace_found *f)
{
    const struct trace_summary *s = &f->summary;
    const struct span *root = f->tree.nodes[f->tree.root].span;
    const struct api_project *p = api_project_by_id(c, span_source(root)->project);
    bool cut = f->stored > f->tree.count + f->tree.duplicates;
    struct buf *b = &c->out;

    json_open(b, key, '{');
    json_hex(b, "traceId", f->id, 16);
    json_raw(b, "start", arena_printf(c->arena, "%.3f", (double)(s->start_ns / 1000) / 1e3));
    trace_us(b, "durationUs", s->end_ns - s->start_ns);
    json_text(b, "rootService", s->root_service);
    json_text(b, "rootName", span_operation(root));
    json_hex(b, "rootSpan", root->span_id, 8);
    json_str(b, "kind", span_kind_name(root->kind));
    json_uint(b, "spans", s->spans);
    json_bool(b, "cut", cut);
    json_uint(b, "errors", s->errors);
    json_uint(b, "orphans", s->orphans);
    write_services(b, s);
    json_text(b, "project", p ? p->slug : TEXT_NONE);
    json_text(b, "environment", root->resource->environment);
    json_text(b, "release", root->resource->release);
    write_issues(c, f->id);
    json_close(b, '}');
}

/* `issue`: by number or short id. */
static bool issue_read(struct api_call *c, int64_t *issue)
{
    struct text name = api_param(c, "issue");

    *issue = 0;
    if (!name.len || issue_find(c, name, issue))
        return true;
    api_missing(c);
    return false;
}

void trace_list(struct api_call *c)
{
    struct trace_search s = {.root = QUERY_NONE};
    struct span_query query;
    struct api_page page;

    if (!page_read(c, &page) || !range_of(c, &s.range) || !order_read(c, &s.order) ||
        !issue_read(c, &s.issue))
        return;
    if (!query_begin(&query, c->arena))
        return;
    s.query = &query;
    s.limit = page.limit;
    if (page.given && !page.prev) /* the way back leads to the first page */
        s.from = (struct api_page_key){page.value, page.offset};
    if (words_read(c, &s, text_trim(api_param(c, "query"))) && filter_read(c, &s) &&
        trace_search(c, &s)) {
        json_open(&c->out, NULL, '[');
        for (uint32_t i = 0; i < s.count; i++)
            write_summary(c, NULL, &s.found[i]);
        json_close(&c->out, ']');
        page.prev = false;
        page_link(c, &page, 1, s.more, (struct api_page_key){0, 0}, s.next);
        api_done(c, 200);
    }
    query_end(&query);
    if (s.ql)
        query_end(&s.ql->query);
}

/* ---- two side by side ---- */

static bool side_read(struct api_call *c, const char *key, struct trace_found *out)
{
    struct span_trace stored = {.count = 0};
    struct text name = api_param(c, key);

    *out = (struct trace_found){.hits = 0};
    if (!name.at) {
        api_wrong(c, key, "This field is required.");
        return false;
    }
    if (!api_trace_id(c, name, out->id))
        return false;
    memcpy(stored.id, out->id, sizeof stored.id);
    if (!span_store_read(c, &stored, 1, SPANS_OUTLINE, TRACE_LIST_SPANS) ||
        !trace_build(stored.spans, stored.count, c->arena, &out->tree) ||
        !span_store_summary(c, &stored, &out->tree, &out->summary))
        return false;
    out->stored = stored.stored;
    if (!out->tree.count)
        api_missing(c);
    return out->tree.count > 0;
}

static void write_side(struct buf *b, const char *key, const struct trace_side *s)
{
    if (!s->spans) {
        json_null(b, key);
        return;
    }
    json_open(b, key, '{');
    json_uint(b, "spans", s->spans);
    json_uint(b, "errors", s->errors);
    trace_us(b, "totalUs", s->total_ns);
    trace_us(b, "selfUs", s->self_ns);
    json_close(b, '}');
}

void trace_beside(struct api_call *c)
{
    struct trace_found left, right;
    struct trace_change *rows;
    struct buf *b = &c->out;
    uint32_t count;

    if (!side_read(c, "left", &left) || !side_read(c, "right", &right) ||
        !trace_compare(&left.tree, &right.tree, c->arena, &rows, &count))
        return;
    json_open(b, NULL, '{');
    write_summary(c, "left", &left);
    write_summary(c, "right", &right);
    json_open(b, "rows", '[');
    for (uint32_t i = 0; i < count; i++) {
        const struct trace_change *r = &rows[i];

        json_open(b, NULL, '{');
        json_text(b, "service", r->service);
        json_text(b, "name", r->name);
        json_uint(b, "depth", r->depth);
        json_int(b, "parent", r->parent == TRACE_NONE ? -1 : (int64_t)r->parent);
        write_side(b, "left", &r->left);
        write_side(b, "right", &r->right);
        json_close(b, '}');
    }
    json_close(b, ']');
    json_close(b, '}');
    api_done(c, 200);
}
