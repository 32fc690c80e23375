/* api_stats.c -- where are my events: outcomes per hour, summed as asked for.
 * The table outcome has a row per project, hour, category, outcome and reason; every answer here is
 * one pass over the rows of the projects and hours in question. */
#include <string.h>

#include "model/search.h"
#include "proto/record.h"
#include "worker/api_page.h"
#include "worker/api_resources.h"

#define HOUR_MS 3600000LL
#define SERIES_MAX 2400 /* buckets: 100 days of hours */
#define GROUPS_MAX 500

struct row {
    int64_t project, hour, quantity;
    int outcome;
    struct text category, reason; /* until the next row */
};

struct span {
    int64_t from_hour, to_hour; /* [from, to) */
    int64_t step;               /* hours a bucket */
    uint32_t buckets;
};

typedef void each_row(struct api_call *c, void *own, const struct row *r);

/* Rows of one project, in order of hours. */
static void walk_project(struct api_call *c, int64_t project, const struct span *span,
                         each_row *each, void *own)
{
    struct db_stmt *s = api_query(c, "api_outcomes");

    if (!s)
        return;
    db_int(s, "project", project);
    db_int(s, "from", span->from_hour);
    db_int(s, "to", span->to_hour);
    while (api_row(c, s)) {
        struct row r = {.project = project,
                        .hour = db_col_int(s, 0),
                        .category = api_col(s, 1),
                        .outcome = (int)db_col_int(s, 2),
                        .reason = api_col(s, 3),
                        .quantity = db_col_int(s, 4)};

        each(c, own, &r);
    }
}

static void walk(struct api_call *c, const struct span *span, each_row *each, void *own)
{
    uint32_t count;
    const struct api_project *list = api_projects(c, &count);

    for (uint32_t i = 0; i < count; i++)
        if (api_project_wanted(c, &list[i]))
            walk_project(c, list[i].id, span, each, own);
}

static uint32_t bucket_of(const struct span *span, int64_t hour)
{
    return (uint32_t)((hour - span->from_hour) / span->step);
}

static bool span_make(struct api_call *c, int64_t from_ms, int64_t to_ms, int64_t step,
                      struct span *out)
{
    out->step = step;
    out->from_hour = from_ms / HOUR_MS / step * step;
    out->to_hour = (to_ms + HOUR_MS * step - 1) / HOUR_MS / step * step;
    if ((out->to_hour - out->from_hour) / step <= SERIES_MAX) {
        out->buckets = (uint32_t)((out->to_hour - out->from_hour) / step);
        return true;
    }
    api_detail(c, 400,
               "Your interval and date range would create too many results. Use a larger "
               "interval, or a smaller date range.");
    return false;
}

/* ---- [[time, n], …] ---- */

enum figure { STAT_RECEIVED, STAT_REJECTED, STAT_FILTERED, STAT_GENERATED };

struct series {
    struct span span;
    enum figure stat;
    int64_t *sum;
};

static bool counts(enum figure stat, const struct row *r)
{
    if (!text_is(r->category, "error") && !text_is(r->category, "default") &&
        !text_is(r->category, "security"))
        return false;
    switch (stat) {
    case STAT_RECEIVED: /* what reached the server, whatever became of it */
        return r->outcome != OUTCOME_CLIENT_DISCARD;
    case STAT_REJECTED:
        return r->outcome == OUTCOME_RATE_LIMITED || r->outcome == OUTCOME_INVALID ||
               r->outcome == OUTCOME_ABUSE;
    case STAT_FILTERED:
        return r->outcome == OUTCOME_FILTERED;
    case STAT_GENERATED:
        return r->outcome == OUTCOME_ACCEPTED;
    }
    return false;
}

static void series_row(struct api_call *c, void *own, const struct row *r)
{
    struct series *s = own;

    if (counts(s->stat, r))
        s->sum[bucket_of(&s->span, r->hour)] += r->quantity;
}

static void series_write(struct api_call *c, const char *key, const struct series *s)
{
    json_open(&c->out, key, '[');
    for (uint32_t i = 0; i < s->span.buckets; i++) {
        json_open(&c->out, NULL, '[');
        json_int(&c->out, NULL, (s->span.from_hour + i * s->span.step) * 3600);
        json_int(&c->out, NULL, s->sum[i]);
        json_close(&c->out, ']');
    }
    json_close(&c->out, ']');
}

static bool read_second(struct api_call *c, const char *name, const char *wrong, int64_t *ms)
{
    struct text t = api_param(c, name);
    double seconds;

    if (!t.at)
        return true;
    if (search_number(t, &seconds) && seconds >= 0 && seconds < 1e11) {
        *ms = (int64_t)(seconds * 1000);
        return true;
    }
    api_detail(c, 400, wrong);
    return false;
}

static bool read_series(struct api_call *c, struct series *s)
{
    struct text resolution = api_param(c, "resolution"), stat = api_param(c, "stat");
    int64_t since = c->now_ms - 24 * HOUR_MS, until = c->now_ms, step = 1;

    if (text_is(resolution, "1d"))
        step = 24;
    else if (resolution.at && !text_is(resolution, "1h") && !text_is(resolution, "10s")) {
        api_detail(c, 400, "Invalid resolution");
        return false;
    }
    if (!read_second(c, "until", "until must be a numeric timestamp.", &until) ||
        !read_second(c, "since", "since must be a numeric timestamp", &since))
        return false;
    if (since > until) {
        api_detail(c, 400, "start must be before or equal to end");
        return false;
    }
    s->stat = text_is(stat, "rejected")      ? STAT_REJECTED
              : text_is(stat, "blacklisted") ? STAT_FILTERED
              : text_is(stat, "generated")   ? STAT_GENERATED
                                             : STAT_RECEIVED;
    if (!span_make(c, since, until + 1, step, &s->span))
        return false;
    s->sum = arena_zero(c->arena, s->span.buckets + 1, sizeof *s->sum);
    return s->sum != NULL;
}

void stats_project(struct api_call *c)
{
    struct series s;

    if (!read_series(c, &s))
        return;
    walk(c, &s.span, series_row, &s);
    series_write(c, NULL, &s);
    api_done(c, 200);
}

/* The same over all projects; group=project: {"42":[[…]]}. */
void stats_org(struct api_call *c)
{
    uint32_t count;
    const struct api_project *list = api_projects(c, &count);
    struct series s;

    if (!read_series(c, &s))
        return;
    if (!text_is(api_param(c, "group"), "project")) {
        walk(c, &s.span, series_row, &s);
        series_write(c, NULL, &s);
        api_done(c, 200);
        return;
    }
    json_open(&c->out, NULL, '{');
    for (uint32_t i = 0; i < count; i++) {
        if (!api_project_wanted(c, &list[i]))
            continue;
        memset(s.sum, 0, s.span.buckets * sizeof *s.sum);
        walk_project(c, list[i].id, &s.span, series_row, &s);
        json_key(&c->out, arena_printf(c->arena, "%lld", (long long)list[i].id));
        series_write(c, NULL, &s);
    }
    json_close(&c->out, '}');
    api_done(c, 200);
}

/* ---- of a key: totals per bucket ---- */

struct key_bucket {
    int64_t total, dropped, accepted, filtered;
};

struct key_series {
    struct span span;
    struct key_bucket *buckets;
};

static void key_row(struct api_call *c, void *own, const struct row *r)
{
    struct key_series *k = own;
    struct key_bucket *b = &k->buckets[bucket_of(&k->span, r->hour)];

    if (!counts(STAT_RECEIVED, r))
        return;
    b->total += r->quantity;
    if (r->outcome == OUTCOME_ACCEPTED)
        b->accepted += r->quantity;
    else if (r->outcome == OUTCOME_FILTERED)
        b->filtered += r->quantity;
    else
        b->dropped += r->quantity;
}

void stats_key(struct api_call *c)
{
    struct key_series k;
    struct series s;

    if (!read_series(c, &s))
        return;
    k.span = s.span;
    if (!(k.buckets = arena_zero(c->arena, k.span.buckets + 1, sizeof *k.buckets)))
        return;
    walk(c, &k.span, key_row, &k);
    json_open(&c->out, NULL, '[');
    for (uint32_t i = 0; i < k.span.buckets; i++) {
        json_open(&c->out, NULL, '{');
        json_int(&c->out, "ts", (k.span.from_hour + i * k.span.step) * 3600);
        json_int(&c->out, "total", k.buckets[i].total);
        json_int(&c->out, "dropped", k.buckets[i].dropped);
        json_int(&c->out, "accepted", k.buckets[i].accepted);
        json_int(&c->out, "filtered", k.buckets[i].filtered);
        json_close(&c->out, '}');
    }
    json_close(&c->out, ']');
    api_done(c, 200);
}

/* ---- stats_v2: grouped as asked ---- */

struct group {
    int64_t project;
    int outcome;
    struct text category, reason;
    int64_t total;
    int64_t *sum;
};

struct grouped {
    struct span span;
    bool by_outcome, by_category, by_reason, by_project;
    bool quantity, times_seen; /* fields */
    struct group *groups;
    uint32_t count;
    bool cut;
};

static bool read_fields(struct api_call *c, struct grouped *g)
{
    uint32_t at = 0;
    struct text t;

    while (api_param_next(c, "field", &at, &t)) {
        if (text_is(t, "sum(quantity)"))
            g->quantity = true;
        else if (text_is(t, "sum(times_seen)"))
            g->times_seen = true;
        else {
            api_detailf(c, 400, "Invalid field: %.*s", TEXT_ARG(text_clip(t, 64)));
            return false;
        }
    }
    if (!g->quantity && !g->times_seen)
        api_detail(c, 400, "At least one \"field\" is required.");
    return !c->refused;
}

static bool read_groups(struct api_call *c, struct grouped *g)
{
    uint32_t at = 0;
    struct text t;
    bool any = false;

    while (api_param_next(c, "groupBy", &at, &t)) {
        any = true;
        g->by_outcome |= text_is(t, "outcome");
        g->by_category |= text_is(t, "category");
        g->by_reason |= text_is(t, "reason");
        g->by_project |= text_is(t, "project");
        if (!text_is(t, "outcome") && !text_is(t, "category") && !text_is(t, "reason") &&
            !text_is(t, "project")) {
            api_detailf(c, 400, "Invalid groupBy: %.*s", TEXT_ARG(text_clip(t, 64)));
            return false;
        }
    }
    if (!any)
        api_detail(c, 400, "At least one groupBy is required.");
    return any;
}

static bool read_interval(struct api_call *c, int64_t *hours)
{
    struct text t = api_param(c, "interval");
    int64_t ms = HOUR_MS;

    if (t.at && (!search_duration(t, &ms) || ms < HOUR_MS || ms > 24 * HOUR_MS ||
                 24 * HOUR_MS % ms || ms % HOUR_MS)) {
        api_detail(c, 400, "The interval must divide a day and be between 1h and 1d.");
        return false;
    }
    *hours = ms / HOUR_MS;
    return true;
}

/* A repeated parameter as a filter: absent, or one of them fits. */
static bool allowed(const struct api_call *c, const char *param, struct text have)
{
    uint32_t at = 0;
    struct text t;
    bool any = false;

    while (api_param_next(c, param, &at, &t)) {
        if (text_eq(t, have))
            return true;
        any = true;
    }
    return !any;
}

static struct text outcome_word(int outcome)
{
    return text_of(outcome < OUTCOMES ? outcome_name((enum outcome)outcome) : "unknown");
}

static struct group *group_of(struct api_call *c, struct grouped *g, const struct row *r)
{
    struct group want = {.project = g->by_project ? r->project : 0,
                         .outcome = g->by_outcome ? r->outcome : 0,
                         .category = g->by_category ? r->category : TEXT(""),
                         .reason = g->by_reason ? r->reason : TEXT("")};

    for (uint32_t i = 0; i < g->count; i++) {
        struct group *have = &g->groups[i];

        if (have->project == want.project && have->outcome == want.outcome &&
            text_eq(have->category, want.category) && text_eq(have->reason, want.reason))
            return have;
    }
    if (g->count == GROUPS_MAX)
        return NULL;
    want.category = api_keep(c, want.category);
    want.reason = api_keep(c, want.reason);
    want.sum = arena_zero(c->arena, g->span.buckets + 1, sizeof *want.sum);
    if (!want.sum)
        return NULL;
    g->groups[g->count] = want;
    return &g->groups[g->count++];
}

static void group_row(struct api_call *c, void *own, const struct row *r)
{
    struct grouped *g = own;
    struct group *group;

    if (!allowed(c, "category", r->category) || !allowed(c, "reason", r->reason) ||
        !allowed(c, "outcome", outcome_word(r->outcome)))
        return;
    if (!(group = group_of(c, g, r))) {
        g->cut = true;
        return;
    }
    group->total += r->quantity;
    group->sum[bucket_of(&g->span, r->hour)] += r->quantity;
}

static void write_by(struct api_call *c, const struct grouped *g, const struct group *group)
{
    struct buf *b = &c->out;

    json_open(b, "by", '{');
    if (g->by_project)
        json_int(b, "project", group->project);
    if (g->by_outcome)
        json_text(b, "outcome", outcome_word(group->outcome));
    if (g->by_category)
        json_text(b, "category", group->category);
    if (g->by_reason)
        json_text(b, "reason", group->reason);
    json_close(b, '}');
}

static void write_sums(struct api_call *c, const char *field, const struct grouped *g,
                       const struct group *group)
{
    json_open(&c->out, field, '[');
    for (uint32_t i = 0; i < g->span.buckets; i++)
        json_int(&c->out, NULL, group->sum[i]);
    json_close(&c->out, ']');
}

static void write_group(struct api_call *c, const struct grouped *g, const struct group *group)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    write_by(c, g, group);
    json_open(b, "totals", '{');
    if (g->quantity)
        json_int(b, "sum(quantity)", group->total);
    if (g->times_seen)
        json_int(b, "sum(times_seen)", group->total);
    json_close(b, '}');
    if (!g->by_project) { /* per project: totals only, as Sentry has it */
        json_open(b, "series", '{');
        if (g->quantity)
            write_sums(c, "sum(quantity)", g, group);
        if (g->times_seen)
            write_sums(c, "sum(times_seen)", g, group);
        json_close(b, '}');
    }
    json_close(b, '}');
}

static void write_span(struct buf *b, const struct span *span)
{
    api_time(b, "start", span->from_hour * HOUR_MS);
    api_time(b, "end", span->to_hour * HOUR_MS);
}

void stats_v2(struct api_call *c)
{
    struct grouped g = {.groups = arena_alloc(c->arena, GROUPS_MAX * sizeof *g.groups)};
    struct api_range range;
    int64_t step;

    if (!g.groups || !read_fields(c, &g) || !read_groups(c, &g) || !read_interval(c, &step) ||
        !range_read(c, 90 * 24 * HOUR_MS, &range) ||
        !span_make(c, range.from_ms, range.to_ms, step, &g.span))
        return;
    walk(c, &g.span, group_row, &g);
    json_open(&c->out, NULL, '{');
    write_span(&c->out, &g.span);
    json_open(&c->out, "intervals", '[');
    for (uint32_t i = 0; i < g.span.buckets; i++)
        api_time(&c->out, NULL, (g.span.from_hour + i * g.span.step) * HOUR_MS);
    json_close(&c->out, ']');
    json_open(&c->out, "groups", '[');
    for (uint32_t i = 0; i < g.count; i++)
        write_group(c, &g, &g.groups[i]);
    json_close(&c->out, ']');
    json_close(&c->out, '}');
    api_done(c, 200);
}

/* ---- stats-summary: per project and category ---- */

static void write_category(struct api_call *c, const struct grouped *g, struct text category)
{
    int64_t total = 0, dropped = 0;
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_text(b, "category", category);
    json_open(b, "outcomes", '{');
    for (uint32_t i = 0; i < g->count; i++) {
        const struct group *one = &g->groups[i];

        if (!text_eq(one->category, category))
            continue;
        json_key(b, outcome_word(one->outcome));
        json_int(b, NULL, one->total);
        total += one->total;
        if (one->outcome != OUTCOME_ACCEPTED)
            dropped += one->total;
    }
    json_close(b, '}');
    json_open(b, "totals", '{');
    json_int(b, "dropped", dropped);
    json_int(b, "sum(quantity)", total);
    json_close(b, '}');
    json_close(b, '}');
}

static bool first_of_category(const struct grouped *g, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (text_eq(g->groups[i].category, g->groups[at].category))
            return false;
    return true;
}

static void write_project(struct api_call *c, const struct api_project *p, struct grouped *g)
{
    struct buf *b = &c->out;

    g->count = 0;
    walk_project(c, p->id, &g->span, group_row, g);
    json_open(b, NULL, '{');
    api_id(b, "id", p->id);
    json_text(b, "slug", p->slug);
    json_open(b, "stats", '[');
    for (uint32_t i = 0; i < g->count; i++)
        if (first_of_category(g, i))
            write_category(c, g, g->groups[i].category);
    json_close(b, ']');
    json_close(b, '}');
}

void stats_summary(struct api_call *c)
{
    struct grouped g = {.by_category = true,
                        .by_outcome = true,
                        .groups = arena_alloc(c->arena, GROUPS_MAX * sizeof *g.groups)};
    struct api_range range;
    uint32_t count;
    const struct api_project *list = api_projects(c, &count);

    if (!g.groups || !range_read(c, 90 * 24 * HOUR_MS, &range) ||
        !span_make(c, range.from_ms, range.to_ms, 24, &g.span))
        return;
    json_open(&c->out, NULL, '{');
    write_span(&c->out, &g.span);
    json_open(&c->out, "projects", '[');
    for (uint32_t i = 0; i < count; i++)
        if (api_project_wanted(c, &list[i]))
            write_project(c, &list[i], &g);
    json_close(&c->out, ']');
    json_close(&c->out, '}');
    api_done(c, 200);
}
