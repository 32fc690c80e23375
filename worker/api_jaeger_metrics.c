/* api_jaeger_metrics.c -- /jaeger/api/metrics/…: rate, errors and durations of services and operations,
 * for the Monitor tab of Jaeger's UI. Points come from what is counted at write time; a point's figures
 * are those of its own step, whatever window `ratePer` asks to smooth over.
 * Source     Jaeger 2.20: query_parser.go, internal/metricstore/prometheus; openmetrics.proto as JSON. */
#include <stdio.h>
#include <stdlib.h>

#include "worker/api_jaeger.h"
#include "worker/api_resources.h"

#define STEP_MS 5000LL /* what is asked for when nothing is said: Jaeger's defaults */
#define LOOKBACK_MS 3600000LL
#define ASKED_MAX 16 /* services at a time: each may have thousands of operations to add up */

enum figure { LATENCIES, CALLS, ERRORS };

struct chart {
    struct api_call *c;
    enum figure figure;
    double quantile;
    bool by_operation;
    uint32_t kinds; /* bits of enum span_kind */
    struct figures_wish wish;
    struct figures *buckets;
};

/* ---- the request ---- */

static bool read_kinds(struct chart *m)
{
    struct text value;
    uint32_t at = 0;

    while (api_param_next(m->c, "spanKind", &at, &value)) {
        uint8_t kind = span_kind_of(value);

        if (kind == SPAN_UNSPECIFIED && !text_eq_nocase(value, TEXT("unspecified")) &&
            !text_ends(value, "UNSPECIFIED")) {
            api_detailf(m->c, 400, "unsupported span kind: '%.*s'",
                        TEXT_ARG(text_clip(value, 100)));
            return false;
        }
        m->kinds |= 1u << kind;
    }
    if (!m->kinds)
        m->kinds = 1u << SPAN_SERVER;
    return true;
}

static bool read_quantile(struct chart *m)
{
    struct text t = api_param(m->c, "quantile");
    char copy[32];
    char *end;

    snprintf(copy, sizeof copy, "%.*s", TEXT_ARG(text_clip(t, sizeof copy - 1)));
    m->quantile = strtod(copy, &end);
    if (!text_empty(t) && *end == '\0' && m->quantile >= 0 && m->quantile <= 1)
        return true;
    api_detail(m->c, 400, "parameter 'quantile' is required: a number from 0 to 1");
    return false;
}

/* Steps are whole minutes, or hours: finer ones are not kept. */
static bool read_time(struct chart *m)
{
    int64_t end, lookback, step, unit;
    struct figures_wish *w = &m->wish;

    if (!foreign_number(m->c, "endTs", 1, m->c->now_ms, &end) ||
        !foreign_number(m->c, "lookback", 1, LOOKBACK_MS, &lookback) ||
        !foreign_number(m->c, "step", 1, STEP_MS, &step))
        return false;
    *w = jaeger_figures(m->c, end, lookback);
    unit = w->minutes ? 60000 : 3600000;
    if (step > JAEGER_TIME_MAX_MS)
        step = JAEGER_TIME_MAX_MS;
    w->step = step > unit ? (step + unit - 1) / unit : 1;
    w->begin = w->from / w->step * w->step;
    if ((w->to - w->begin) / w->step >= FIGURES_BUCKETS_MAX) {
        api_detail(m->c, 400, "too many points: ask for a larger 'step' or a shorter 'lookback'");
        return false;
    }
    w->buckets = (uint32_t)((w->to - w->begin + w->step - 1) / w->step);
    return true;
}

/* ---- points ---- */

static void add(void *own, const struct figures_row *r)
{
    struct chart *m = own;

    if (r->bucket < m->wish.buckets)
        figures_add(&m->buckets[r->bucket], r);
}

static double value_of(const struct chart *m, const struct figures *f)
{
    switch (m->figure) {
    case LATENCIES:
        return (double)figures_quantile_us(f, m->quantile) / 1000;
    case CALLS:
        return (double)f->calls / (double)figures_interval_s(&m->wish);
    default:
        return f->calls ? (double)f->errors / (double)f->calls : 0;
    }
}

static void write_label(struct buf *b, const char *name, struct text value)
{
    json_open(b, NULL, '{');
    json_str(b, "name", name);
    json_text(b, "value", value);
    json_close(b, '}');
}

/* What has been added up since the last one; nothing at all is no line in the chart. */
static void write_metric(struct chart *m, struct text service, struct text operation)
{
    struct buf *b = &m->c->out;
    bool any = false;

    for (uint32_t i = 0; i < m->wish.buckets; i++)
        any |= m->buckets[i].calls != 0;
    if (!any)
        return;
    json_open(b, NULL, '{');
    json_open(b, "labels", '[');
    if (operation.at)
        write_label(b, "operation", operation);
    write_label(b, "service_name", service);
    json_close(b, ']');
    json_open(b, "metricPoints", '[');
    for (uint32_t i = 0; i < m->wish.buckets; i++) {
        struct figures *f = &m->buckets[i];
        int64_t at = (m->wish.begin + i * m->wish.step) * (m->wish.minutes ? 60 : 3600);

        if (f->calls || m->figure == CALLS) {
            json_open(b, NULL, '{');
            json_open(b, "gaugeValue", '{');
            json_num(b, "doubleValue", value_of(m, f));
            json_close(b, '}');
            json_time_us(b, "timestamp", at * 1000000);
            json_close(b, '}');
        }
        figures_clear(f);
    }
    json_close(b, ']');
    json_close(b, '}');
}

static void write_service(struct chart *m, struct text service)
{
    struct foreign_names names;

    if (!foreign_operations(m->c, service, true, &names))
        return;
    for (uint32_t i = 0; i < names.count; i++) {
        if (m->kinds & 1u << names.at[i].kind)
            figures_walk(m->c, &m->wish, names.at[i].id, add, m);
        if (m->by_operation &&
            (i + 1 == names.count || !text_eq(names.at[i].name, names.at[i + 1].name)))
            write_metric(m, service, names.at[i].name);
    }
    if (!m->by_operation)
        write_metric(m, service, TEXT_NONE);
}

/* ---- the answers ---- */

static void write_family(struct chart *m)
{
    static const char *const names[][2] = {
        [LATENCIES] = {"service_latencies", "service_operation_latencies"},
        [CALLS] = {"service_call_rate", "service_operation_call_rate"},
        [ERRORS] = {"service_error_rate", "service_operation_error_rate"},
    };
    const char *by = m->by_operation ? "service & operation" : "service";
    struct buf *b = &m->c->out;
    struct text service;
    char help[120];
    uint32_t at = 0, asked = 0;

    if (m->figure == LATENCIES)
        snprintf(help, sizeof help, "%.2fth quantile latency, grouped by %s", m->quantile, by);
    else if (m->figure == CALLS)
        snprintf(help, sizeof help, "calls/sec, grouped by %s", by);
    else
        snprintf(help, sizeof help,
                 "error rate, computed as a fraction of errors/sec over calls/sec, grouped by %s",
                 by);
    json_open(b, NULL, '{');
    json_str(b, "name", names[m->figure][m->by_operation]);
    json_str(b, "type", "GAUGE");
    json_str(b, "help", help);
    json_open(b, "metrics", '[');
    while (api_param_next(m->c, "service", &at, &service) && !m->c->refused) {
        if (++asked > ASKED_MAX)
            api_detail(m->c, 400, "too many services: ask for 16 at a time");
        else
            write_service(m, service);
    }
    if (m->c->refused)
        return;
    json_close(b, ']');
    json_close(b, '}');
    api_done(m->c, 200);
}

static void answer(struct api_call *c, enum figure figure)
{
    struct chart m = {.c = c, .figure = figure, .by_operation = api_flag(c, "groupByOperation")};

    if (text_empty(api_param(c, "service"))) {
        api_detail(c, 400, "please provide at least one service name");
        return;
    }
    if (!read_kinds(&m) || !read_time(&m) || (figure == LATENCIES && !read_quantile(&m)))
        return;
    if (!(m.buckets = arena_zero(c->arena, m.wish.buckets, sizeof *m.buckets)))
        return;
    write_family(&m);
    for (uint32_t i = 0; i < m.wish.buckets; i++)
        figures_free(&m.buckets[i]);
}

void jaeger_latencies(struct api_call *c)
{
    answer(c, LATENCIES);
}

void jaeger_calls(struct api_call *c)
{
    answer(c, CALLS);
}

void jaeger_errors(struct api_call *c)
{
    answer(c, ERRORS);
}

/* The finest step there is, in ms, version 1's way. */
void jaeger_min_step(struct api_call *c)
{
    buf_str(&c->out, "{\"data\":60000,\"total\":0,\"limit\":0,\"offset\":0,\"errors\":null}");
    api_done(c, 200);
}
