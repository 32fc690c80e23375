/* api_jaeger.c -- /jaeger/api/…: version 1 of Jaeger's query API, as Jaeger's UI and Grafana's data
 * source call it. Services, operations, one trace, dependencies; the search is in
 * api_jaeger_search.c, the figures in api_jaeger_metrics.c.
 * Source     Jaeger 2.20: jaegerquery/internal/http_handler.go; Grafana: pkg/jaeger. */
#include "worker/api_jaeger.h"
#include "model/jaeger.h"
#include "worker/api_resources.h"

#define DAY_MS 86400000LL

/* ---- the envelope ---- */

void jaeger_begin(struct api_call *c)
{
    json_open(&c->out, NULL, '{');
    json_open(&c->out, "data", '[');
}

void jaeger_end(struct api_call *c, uint32_t total)
{
    struct buf *b = &c->out;

    json_close(b, ']');
    json_uint(b, "total", total);
    json_uint(b, "limit", 0);
    json_uint(b, "offset", 0);
    json_null(b, "errors");
    json_close(b, '}');
    api_done(c, 200);
}

/* ---- services, operations ---- */

void jaeger_services(struct api_call *c)
{
    struct foreign_names services;

    if (!foreign_services(c, &services))
        return;
    jaeger_begin(c);
    for (uint32_t i = 0; i < services.count; i++)
        json_text(&c->out, NULL, services.at[i].name);
    jaeger_end(c, services.count);
}

static bool same_name(const struct foreign_name *a, const struct foreign_name *b)
{
    return text_eq(a->name, b->name);
}

/* Names only, each once. Grafana does not encode the slashes in a service's name. */
void jaeger_service_operations(struct api_call *c)
{
    struct text service = c->arg[0];
    struct foreign_names names;
    uint32_t total = 0;

    for (uint32_t i = 1; i < c->arg_count; i++)
        service = arena_join(c->arena, service, TEXT("/"), c->arg[i]);
    if (!foreign_operations(c, service, false, &names))
        return;
    jaeger_begin(c);
    for (uint32_t i = 0; i < names.count; i++) {
        if (i && same_name(&names.at[i - 1], &names.at[i]))
            continue;
        json_text(&c->out, NULL, names.at[i].name);
        total++;
    }
    jaeger_end(c, total);
}

bool jaeger_write_operations(struct api_call *c, struct text service, struct text kind,
                             uint32_t *total)
{
    struct foreign_names names;

    *total = 0;
    if (!foreign_operations(c, service, false, &names))
        return false;
    for (uint32_t i = 0; i < names.count; i++) {
        uint8_t k = names.at[i].kind == SPAN_UNSPECIFIED ? SPAN_INTERNAL : names.at[i].kind;

        if (!text_empty(kind) && span_kind_of(kind) != k)
            continue;
        if (*total && same_name(&names.at[i - 1], &names.at[i]) &&
            names.at[i - 1].kind == SPAN_UNSPECIFIED && k == SPAN_INTERNAL)
            continue; /* both are called internal */
        json_open(&c->out, NULL, '{');
        json_text(&c->out, "name", names.at[i].name);
        json_str(&c->out, "spanKind", span_kind_name(k));
        json_close(&c->out, '}');
        (*total)++;
    }
    return true;
}

void jaeger_operations(struct api_call *c)
{
    struct text service = api_param(c, "service");
    uint32_t total;

    if (text_empty(service)) {
        api_detail(c, 400, "parameter 'service' is required");
        return;
    }
    jaeger_begin(c);
    if (jaeger_write_operations(c, service, api_param(c, "spanKind"), &total))
        jaeger_end(c, total);
}

/* ---- one trace ---- */

/* start and end are hints for stores that need them; Grafana sends them in another unit. */
void jaeger_trace(struct api_call *c)
{
    size_t bytes = FOREIGN_BYTES_MAX;
    struct foreign_trace t;

    if (!foreign_trace(c, c->arg[0], &t))
        return;
    jaeger_begin(c);
    if (jaeger_write_trace(&c->out, &t.tree, foreign_fit(&t.tree, &bytes), t.all))
        jaeger_end(c, 1);
}

/* ---- dependencies ---- */

static uint64_t edge_calls(struct api_call *c, const struct figures_wish *w, int64_t edge)
{
    struct figures sum;

    figures_edge(c, w, edge, &sum);
    return sum.calls;
}

struct dependency {
    struct text parent, child;
    uint64_t calls;
};

static bool same_edge(const struct dependency *a, struct text parent, struct text child)
{
    return text_eq(a->parent, parent) && text_eq(a->child, child);
}

static void write_dependency(struct api_call *c, const struct dependency *d)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_text(b, "parent", d->parent);
    json_text(b, "child", d->child);
    if (c->dialect == API_JAEGER_V3) /* 64 bits, as JSON of protocol buffers has them */
        json_digits(b, "callCount", (int64_t)d->calls);
    else
        json_uint(b, "callCount", d->calls);
    json_close(b, '}');
}

/* The rows of one project come sorted by caller, callee: what differs by kind and environment stands
 * together. Whoever calls from outside is no service: Jaeger has no such node. */
static void write_project(struct api_call *c, const struct figures_wish *w, int64_t project,
                          struct text only, uint32_t *total)
{
    struct db_stmt *s = api_query(c, "api_edges");
    struct dependency d = {.calls = 0};
    bool more = s != NULL;

    if (s)
        db_int(s, "project", project);
    while (more) {
        more = api_row(c, s);
        if (d.calls && (!more || !same_edge(&d, api_col(s, 1), api_col(s, 2)))) {
            write_dependency(c, &d);
            (*total)++;
            d.calls = 0;
        }
        if (!more || db_col_int(s, 3) == EDGE_USER)
            continue;
        if (!same_edge(&d, api_col(s, 1), api_col(s, 2)))
            d = (struct dependency){api_keep_col(c, s, 1), api_keep_col(c, s, 2), 0};
        if (text_empty(only) || text_eq(only, d.parent) || text_eq(only, d.child))
            d.calls += edge_calls(c, w, db_col_int(s, 0));
    }
}

struct figures_wish jaeger_figures(const struct api_call *c, int64_t to_ms, int64_t length_ms)
{
    int64_t from_ms, unit;
    struct figures_wish w = {0};

    if (to_ms > JAEGER_TIME_MAX_MS)
        to_ms = JAEGER_TIME_MAX_MS;
    from_ms = to_ms > length_ms ? to_ms - length_ms : 0;
    w.minutes = from_ms > c->now_ms - FIGURES_MINUTES_MS && length_ms <= FIGURES_FINE_MS;
    unit = w.minutes ? 60000 : 3600000;
    w.from = w.begin = from_ms / unit;
    w.to = (to_ms + unit - 1) / unit;
    w.step = w.to > w.from ? w.to - w.from : 1;
    w.buckets = 1;
    return w;
}

void jaeger_dependencies(struct api_call *c)
{
    const struct api_project *projects;
    struct figures_wish w;
    int64_t end, lookback;
    uint32_t count, total = 0;

    if (!foreign_number(c, "endTs", 1, c->now_ms, &end) ||
        !foreign_number(c, "lookback", 1, DAY_MS, &lookback))
        return;
    w = jaeger_figures(c, end, lookback);
    figures_sums(c, &w);
    projects = api_projects(c, &count);
    jaeger_begin(c);
    for (uint32_t i = 0; i < count; i++)
        write_project(c, &w, projects[i].id, api_param(c, "service"), &total);
    if (!c->refused)
        jaeger_end(c, total);
}

static bool read_time(struct api_call *c, const char *name, const char *old, int64_t *ms)
{
    struct text t = api_param(c, name);

    if (foreign_time(t.at ? t : api_param(c, old), ms))
        return true;
    api_detailf(c, 400, "%s is required, in RFC 3339", name);
    return false;
}

void jaeger3_dependencies(struct api_call *c)
{
    const struct api_project *projects;
    struct figures_wish w;
    int64_t start, end;
    uint32_t count, total = 0;

    if (!read_time(c, "startTime", "start_time", &start) ||
        !read_time(c, "endTime", "end_time", &end))
        return;
    if (end <= start) {
        api_detail(c, 400, "endTime must be after startTime");
        return;
    }
    w = jaeger_figures(c, end, end - start);
    figures_sums(c, &w);
    projects = api_projects(c, &count);
    json_open(&c->out, NULL, '{');
    json_open(&c->out, "dependencies", '[');
    for (uint32_t i = 0; i < count; i++)
        write_project(c, &w, projects[i].id, TEXT_NONE, &total);
    json_close(&c->out, ']');
    json_close(&c->out, '}');
    if (!c->refused)
        api_done(c, 200);
}
