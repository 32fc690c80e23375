/* api_trace.c -- one trace for the browser: its table, its spans, and two beside each other. */
#include <string.h>

#include "worker/api_resources.h"
#include "worker/trace_view.h"

bool api_trace_id(struct api_call *c, struct text name, uint8_t id[16])
{
    if (span_trace_id(name, id))
        return true;
    api_detail(c, 400, "A trace id is 32 hexadecimal digits");
    return false;
}

/* ?span=ID&limit=N: a part with that span in it. */
static bool part_wanted(struct api_call *c, struct trace_page *p)
{
    struct text span = api_param(c, "span"), limit = api_param(c, "limit");
    unsigned long long most = TRACE_ROWS_MAX;

    if ((span.at && !span_span_id(span, p->span)) ||
        (limit.at && (!text_u64(limit, &most) || !most))) {
        api_detail(c, 400, "A span id is 16 hexadecimal digits, a limit is a number from 1");
        return false;
    }
    p->most = most < TRACE_ROWS_MAX ? (uint32_t)most : TRACE_ROWS_MAX;
    return true;
}

/* A trace that is not here is an empty one: most of those that events name were sampled away. */
void trace_table(struct api_call *c)
{
    struct trace_error *errors = arena_alloc(c->arena, TRACE_ERRORS_MAX * sizeof *errors);
    struct trace_page page = {.errors = errors};
    struct span_trace stored;
    struct trace tree;

    if (!errors || !api_trace_id(c, c->arg[0], page.id) || !part_wanted(c, &page) ||
        !span_store_tree(c, page.id, &stored, &tree))
        return;
    page.stored = stored.stored;
    page.error_count = trace_errors(c, page.id, errors, TRACE_ERRORS_MAX);
    trace_write_table(c, &tree, &page);
}

void trace_span(struct api_call *c)
{
    struct text which = api_param(c, "n");
    unsigned long long n = 0;
    struct span_trace stored;
    uint8_t id[16], span[8];
    struct trace tree;

    if (!api_trace_id(c, c->arg[0], id))
        return;
    if (!span_span_id(c->arg[1], span) || (which.at && !text_u64(which, &n))) {
        api_detail(c, 400, "A span id is 16 hexadecimal digits");
        return;
    }
    if (!span_store_span(c, id, span, &stored) ||
        !trace_build(stored.spans, stored.count, c->arena, &tree))
        return;
    if (n >= tree.count)
        api_missing(c);
    else
        trace_write_span(c, &tree, (uint32_t)n);
}
