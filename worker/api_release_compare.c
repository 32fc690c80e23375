/* api_release_compare.c -- one release beside another, by default the one before it: their figures,
 * their issues with the events that each had in either, and the events of their projects over the
 * time of both. Quern's own; Sentry has no such endpoint. */
#include "worker/api_page.h"
#include "worker/api_resources.h"
#include "worker/issue_view.h"

#define HOUR_MS 3600000LL
#define ISSUES_SHOWN 200
#define HOURS_SHOWN (30 * 24) /* at most, up to the end */
#define POINTS_MAX 168

struct side {
    int64_t id, released_ms;
    struct text version;
    int64_t first_ms, last_ms, events, new_issues;
};

static bool wanted(struct api_call *c, int64_t project)
{
    const struct api_project *p;
    struct text name;
    uint32_t at = 0;
    bool any = false;

    while (api_param_next(c, "project", &at, &name)) {
        if (text_is(name, "-1"))
            return true;
        if ((p = api_project_find(c, name)) && p->id == project)
            return true;
        any = true;
    }
    return !any;
}

static void figures(struct api_call *c, struct side *s)
{
    struct db_stmt *q = api_query(c, "api_release_projects");

    if (q)
        db_int(q, "release", s->id);
    while (api_row(c, q)) {
        int64_t first = db_col_int(q, 1), last = db_col_int(q, 2);

        if (!wanted(c, db_col_int(q, 0)))
            continue;
        if (first && (!s->first_ms || first < s->first_ms))
            s->first_ms = first;
        if (last > s->last_ms)
            s->last_ms = last;
        s->events += db_col_int(q, 3);
        s->new_issues += db_col_int(q, 4);
    }
}

static bool named(struct api_call *c, struct text version, struct side *s)
{
    struct db_stmt *q = api_query(c, "api_release_by_version");

    if (!q)
        return false;
    db_int(q, "org", c->org);
    api_bind(q, "version", version);
    if (!api_row(c, q))
        return false;
    *s = (struct side){.id = db_col_int(q, 0),
                       .version = api_keep_col(c, q, 2),
                       .released_ms = db_col_int(q, 4) ? db_col_int(q, 4) : db_col_int(q, 3)};
    db_reset(q);
    figures(c, s);
    return true;
}

/* The one that `with` names, else the one before. False: refused. One without an id: there is none. */
static bool other(struct api_call *c, const struct side *now, struct side *before)
{
    struct text with = api_param(c, "with");
    struct db_stmt *q;

    *before = (struct side){.id = 0};
    if (with.at) {
        if (named(c, with, before))
            return true;
        api_wrong(c, "with", "There is no such release.");
        return false;
    }
    if (!(q = api_query(c, "api_release_before")))
        return false;
    db_int(q, "org", c->org);
    db_int(q, "release", now->id);
    db_int(q, "at", now->released_ms);
    if (api_row(c, q)) {
        struct text version = api_keep_col(c, q, 0);

        db_reset(q);
        return named(c, version, before);
    }
    return true;
}

static void write_side(struct api_call *c, const char *key, const struct side *s)
{
    struct buf *b = &c->out;

    if (!s->id) {
        json_null(b, key);
        return;
    }
    json_open(b, key, '{');
    json_text(b, "version", s->version);
    api_time(b, "dateReleased", s->released_ms);
    api_time(b, "firstEvent", s->first_ms);
    api_time(b, "lastEvent", s->last_ms);
    json_int(b, "events", s->events);
    json_int(b, "newGroups", s->new_issues);
    json_close(b, '}');
}

static void write_issues(struct api_call *c, const struct side *now, const struct side *before)
{
    struct db_stmt *q = api_query(c, "api_release_issues");
    struct text environment = api_param(c, "environment");
    struct issue_view v = {.collapse_stats = true, .collapse_lifetime = true};
    struct buf *b = &c->out;

    if (q) {
        db_int(q, "now", now->id);
        db_int(q, "before", before->id ? before->id : -1); /* release 0 stands for none at all */
        api_bind(q, "environment", text_empty(environment) ? TEXT_NONE : environment);
        db_int(q, "limit", ISSUES_SHOWN);
    }
    json_open(b, "issues", '[');
    while (api_row(c, q)) {
        struct issue_row r;

        if (!issue_row_get(c, db_col_int(q, 0), &r) || !wanted(c, r.project))
            continue;
        json_open(b, NULL, '{');
        issue_write_members(c, &r, &v);
        json_int(b, "eventsNow", db_col_int(q, 1));
        json_int(b, "eventsBefore", db_col_int(q, 2));
        json_bool(b, "isNew", r.first_release == now->id);
        json_close(b, '}');
    }
    json_close(b, ']');
}

struct hours {
    int64_t from, to, step; /* hours since 1970: [from, to) */
    int64_t sum[POINTS_MAX + 1];
};

/* From a little before the older one's first event to the end of the newer one. */
static void hours_span(struct api_call *c, const struct side *now, const struct side *before,
                       struct hours *h)
{
    int64_t first = before->first_ms ? before->first_ms : now->first_ms;
    int64_t last = now->last_ms ? now->last_ms : c->now_ms;

    if (before->last_ms > last)
        last = before->last_ms;
    if (!first || first > last)
        first = last - 24 * HOUR_MS;
    h->to = last / HOUR_MS + 1;
    h->from = first / HOUR_MS - 1;
    if (h->to - h->from > HOURS_SHOWN)
        h->from = h->to - HOURS_SHOWN;
    h->step = (h->to - h->from + POINTS_MAX - 1) / POINTS_MAX;
}

static void hours_add(struct api_call *c, int64_t project, struct hours *h)
{
    struct db_stmt *q = api_query(c, "api_project_hours");

    if (q) {
        db_int(q, "project", project);
        db_int(q, "from", h->from);
        db_int(q, "to", h->to);
    }
    while (api_row(c, q))
        h->sum[(db_col_int(q, 0) - h->from) / h->step] += db_col_int(q, 1);
}

static void write_hours(struct api_call *c, const struct side *now, const struct side *before)
{
    struct hours *h = arena_zero(c->arena, 1, sizeof *h);
    struct db_stmt *q = api_query(c, "api_release_projects");

    if (!h || !q)
        return;
    hours_span(c, now, before, h);
    db_int(q, "release", now->id);
    while (api_row(c, q))
        if (wanted(c, db_col_int(q, 0)))
            hours_add(c, db_col_int(q, 0), h);
    json_int(&c->out, "stepSeconds", h->step * 3600);
    json_open(&c->out, "events", '[');
    for (int64_t hour = h->from; hour < h->to; hour += h->step) {
        json_open(&c->out, NULL, '[');
        json_int(&c->out, NULL, hour * 3600);
        json_int(&c->out, NULL, h->sum[(hour - h->from) / h->step]);
        json_close(&c->out, ']');
    }
    json_close(&c->out, ']');
}

void release_beside(struct api_call *c)
{
    struct side now, before;

    if (!named(c, c->arg[0], &now)) {
        api_missing(c);
        return;
    }
    if (!other(c, &now, &before))
        return;
    json_open(&c->out, NULL, '{');
    write_side(c, "release", &now);
    write_side(c, "before", &before);
    write_issues(c, &now, &before);
    write_hours(c, &now, &before);
    json_close(&c->out, '}');
    api_done(c, 200);
}
