#include "worker/figures.h"

#include <stdlib.h>
#include <string.h>

#include "model/search.h"

#define MINUTE_MS 60000LL
#define HOUR_MS 3600000LL
#define BUCKETS 60 /* of a chart whose interval is left to us */
#define QUARTER 6  /* hours of it */

/* ---- what is asked for ---- */

static int64_t unit_ms(const struct figures_wish *w)
{
    return w->minutes ? MINUTE_MS : HOUR_MS;
}

/* The smallest that makes no more than BUCKETS of the range. */
static int64_t interval_for(int64_t range_ms, bool minutes)
{
    static const int64_t steps[] = {1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080};
    int64_t step = minutes ? 1 : 60;

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if ((step = steps[i]) * MINUTE_MS * BUCKETS >= range_ms && (minutes || step >= 60))
            break;
    return step * MINUTE_MS;
}

/* "5m", or seconds. 0: not asked for; false: refused. */
static bool interval_read(struct api_call *c, int64_t *ms)
{
    struct text t = api_param(c, "interval");
    unsigned long long seconds;

    *ms = 0;
    if (text_empty(t))
        return true;
    if (text_u64(t, &seconds) && seconds < 1ULL << 32)
        *ms = (int64_t)seconds * 1000;
    else if (!search_duration(t, ms))
        *ms = 0;
    if (*ms > 0)
        return true;
    api_detail(c, 400, "Invalid interval");
    return false;
}

static void read_environments(struct api_call *c, struct figures_wish *w)
{
    uint32_t at = 0;
    struct text name;

    w->environments = arena_alloc(c->arena, (c->param_count + 1) * sizeof *w->environments);
    while (w->environments && api_param_next(c, "environment", &at, &name))
        w->environments[w->environment_count++] = name;
}

static void read_release(struct api_call *c, struct figures_wish *w)
{
    struct text version = api_param(c, "release");
    struct db_stmt *s = text_empty(version) ? NULL : api_query(c, "api_release_by_version");

    w->by_release = !text_empty(version);
    if (!s)
        return;
    db_int(s, "org", c->org);
    api_bind(s, "version", version);
    if (api_row(c, s))
        w->release = db_col_int(s, 0);
}

void figures_sums(struct api_call *c, struct figures_wish *w)
{
    struct db_stmt *s = w->minutes ? NULL : api_query(c, "api_quarters_from");

    if (s && api_row(c, s))
        w->quarters_from = db_col_int(s, 0);
}

static void part(struct figures_part *out, uint32_t *count, enum figures_unit unit, int64_t from,
                 int64_t to)
{
    if (from < to)
        out[(*count)++] = (struct figures_part){unit, from, to};
}

uint32_t figures_parts(const struct figures_wish *w, struct figures_part out[FIGURES_PARTS])
{
    int64_t first = (w->from + QUARTER - 1) / QUARTER, end = w->to / QUARTER;
    uint32_t count = 0;

    if (first < w->quarters_from)
        first = w->quarters_from;
    if (w->minutes) {
        part(out, &count, FIGURES_MINUTES, w->from, w->to);
    } else if (!w->quarters_from || first >= end) {
        part(out, &count, FIGURES_HOURS, w->from, w->to);
    } else {
        part(out, &count, FIGURES_HOURS, w->from, first * QUARTER);
        part(out, &count, FIGURES_QUARTERS, first, end);
        part(out, &count, FIGURES_HOURS, end * QUARTER, w->to);
    }
    return count;
}

bool figures_wish_read(struct api_call *c, struct figures_wish *w)
{
    struct api_range range;
    int64_t interval, length;
    bool kept;

    *w = (struct figures_wish){0};
    if (!range_read(c, 24 * HOUR_MS, &range) || !interval_read(c, &interval))
        return false;
    length = range.to_ms - range.from_ms;
    kept = range.from_ms > c->now_ms - FIGURES_MINUTES_MS;
    w->minutes = kept && (interval ? interval < HOUR_MS : length <= FIGURES_FINE_MS + MINUTE_MS);
    if (!interval)
        interval = interval_for(length, w->minutes);
    w->step = interval < unit_ms(w) ? 1 : interval / unit_ms(w);
    w->from = range.from_ms / unit_ms(w);
    w->to = (range.to_ms + unit_ms(w) - 1) / unit_ms(w);
    w->begin = w->from / w->step * w->step;
    if ((w->to - w->begin) / w->step >= FIGURES_BUCKETS_MAX) {
        api_detail(c, 400,
                   "Your interval and date range would create too many results. Use a larger "
                   "interval, or a smaller date range.");
        return false;
    }
    w->seconds =
        (double)((range.to_ms < c->now_ms ? range.to_ms : c->now_ms + 1) - w->from * unit_ms(w)) /
        1000;
    if (w->seconds < 1) /* it has not begun */
        w->seconds = 1;
    w->buckets = (uint32_t)((w->to - w->begin + w->step - 1) / w->step);
    if (!w->minutes && w->step % QUARTER == 0)
        figures_sums(c, w);
    read_environments(c, w);
    read_release(c, w);
    return !c->refused;
}

int64_t figures_begin_ms(const struct figures_wish *w)
{
    return w->begin * unit_ms(w);
}

int64_t figures_interval_s(const struct figures_wish *w)
{
    return w->step * unit_ms(w) / 1000;
}

uint32_t figures_bucket(const struct figures_wish *w, enum figures_unit unit, int64_t at)
{
    return (uint32_t)((at * (unit == FIGURES_QUARTERS ? QUARTER : 1) - w->begin) / w->step);
}

bool figures_environment(const struct figures_wish *w, struct text name)
{
    for (uint32_t i = 0; i < w->environment_count; i++)
        if (text_eq(w->environments[i], name))
            return true;
    return !w->environment_count;
}

/* ---- rows ---- */

static void walk_part(struct api_call *c, const struct figures_wish *w, int64_t operation,
                      const struct figures_part *part,
                      void (*each)(void *own, const struct figures_row *r), void *own)
{
    static const char *const queries[] = {"api_red_minutes", "api_red_hours", "api_red_quarters"};
    struct db_stmt *s = api_query(c, queries[part->unit]);

    if (!s)
        return;
    db_int(s, "operation", operation);
    db_int(s, "from", part->from);
    db_int(s, "to", part->to);
    while (api_row(c, s)) {
        struct figures_row r = {.bucket = figures_bucket(w, part->unit, db_col_int(s, 0)),
                                .release = db_col_int(s, 1),
                                .calls = (uint64_t)db_col_int(s, 3),
                                .errors = (uint64_t)db_col_int(s, 4),
                                .total_us = (uint64_t)db_col_int(s, 5)};

        if ((w->by_release && r.release != w->release) || !figures_environment(w, api_col(s, 2)))
            continue;
        r.sketch.at = db_col_blob(s, 6, &r.sketch.len);
        each(own, &r);
    }
}

void figures_walk(struct api_call *c, const struct figures_wish *w, int64_t operation,
                  void (*each)(void *own, const struct figures_row *r), void *own)
{
    struct figures_part parts[FIGURES_PARTS];
    uint32_t count = w->by_release && !w->release ? 0 : figures_parts(w, parts);

    for (uint32_t i = 0; i < count; i++)
        walk_part(c, w, operation, &parts[i], each, own);
}

void figures_edge(struct api_call *c, const struct figures_wish *w, int64_t edge,
                  struct figures *sum)
{
    static const char *const queries[] = {"api_edge_minutes", "api_edge_hours",
                                          "api_edge_quarters"};
    struct figures_part parts[FIGURES_PARTS];
    uint32_t count = figures_parts(w, parts);

    *sum = (struct figures){.calls = 0};
    for (uint32_t i = 0; i < count; i++) {
        struct db_stmt *s = api_query(c, queries[parts[i].unit]);

        if (!s)
            return;
        db_int(s, "edge", edge);
        db_int(s, "from", parts[i].from);
        db_int(s, "to", parts[i].to);
        if (!api_row(c, s))
            continue;
        sum->calls += (uint64_t)db_col_int(s, 0);
        sum->errors += (uint64_t)db_col_int(s, 1);
        sum->total_us += (uint64_t)db_col_int(s, 2);
    }
}

/* ---- services ---- */

static bool services_of(struct api_call *c, const struct api_project *p, struct text name,
                        struct figures_services *out, uint32_t *room)
{
    struct db_stmt *s = api_query(c, "api_services");

    if (!s)
        return false;
    db_int(s, "project", p->id);
    while (api_row(c, s)) {
        if (!text_empty(name) && !text_eq(api_col(s, 1), name))
            continue;
        if (out->count == *room) {
            struct figures_service *more;

            *room = *room * 2 + 32;
            if (!(more = arena_alloc(c->arena, *room * sizeof *more)))
                return false;
            for (uint32_t i = 0; i < out->count; i++)
                more[i] = out->at[i];
            out->at = more;
        }
        out->at[out->count++] = (struct figures_service){.project = p,
                                                         .id = db_col_int(s, 0),
                                                         .name = api_keep_col(c, s, 1),
                                                         .first_ms = db_col_int(s, 2),
                                                         .last_ms = db_col_int(s, 3),
                                                         .all = db_col_int(s, 4)};
    }
    return !c->refused;
}

bool figures_services(struct api_call *c, struct text name, struct figures_services *out)
{
    uint32_t count, room = 0;
    const struct api_project *list = api_projects(c, &count);

    *out = (struct figures_services){0};
    for (uint32_t i = 0; i < count; i++)
        if (api_project_wanted(c, &list[i]) && !services_of(c, &list[i], name, out, &room))
            return false;
    return true;
}

/* ---- sums ---- */

static bool has_sketch(struct figures *f)
{
    return f->sketch || (f->sketch = calloc(1, sizeof *f->sketch));
}

void figures_add(struct figures *f, const struct figures_row *r)
{
    f->calls += r->calls;
    f->errors += r->errors;
    f->total_us += r->total_us;
    if (r->sketch.at && has_sketch(f))
        latency_sum_add(f->sketch, r->sketch);
}

void figures_merge(struct figures *f, const struct figures *from)
{
    f->calls += from->calls;
    f->errors += from->errors;
    f->total_us += from->total_us;
    if (from->sketch && has_sketch(f))
        latency_sum_merge(f->sketch, from->sketch);
}

void figures_clear(struct figures *f)
{
    f->calls = f->errors = f->total_us = 0;
    if (f->sketch)
        memset(f->sketch, 0, sizeof *f->sketch);
}

void figures_free(struct figures *f)
{
    free(f->sketch);
    f->sketch = NULL;
}

uint64_t figures_quantile_us(const struct figures *f, double q)
{
    return f->sketch ? latency_sum_quantile(f->sketch, q) / 1000 : 0;
}

struct figures_shown figures_show(const struct figures *f)
{
    return (struct figures_shown){.calls = f->calls,
                                  .errors = f->errors,
                                  .total_us = f->total_us,
                                  .p50_us = figures_quantile_us(f, 0.5),
                                  .p95_us = figures_quantile_us(f, 0.95),
                                  .p99_us = figures_quantile_us(f, 0.99)};
}

void figures_write(struct buf *b, const struct figures_wish *w, const struct figures_shown *s)
{
    json_uint(b, "calls", s->calls);
    json_uint(b, "errors", s->errors);
    json_uint(b, "totalUs", s->total_us);
    json_uint(b, "p50Us", s->p50_us);
    json_uint(b, "p95Us", s->p95_us);
    json_uint(b, "p99Us", s->p99_us);
    json_num(b, "perSecond", (double)s->calls / w->seconds);
}
