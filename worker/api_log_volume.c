/* api_log_volume.c -- how many log records came, by level and over time, and of which services: counted
 * when they were written. */
#include "proto/logrec.h"
#include "worker/api_resources.h"
#include "worker/figures.h"

#define LEVELS 7 /* severity_level() */

static const char *const names[LEVELS] = {"none", "trace", "debug", "info",
                                          "warn", "error", "fatal"};

struct volume {
    struct figures_wish wish;
    bool wanted[LEVELS];
    uint64_t *counts[LEVELS]; /* per bucket */
    uint64_t total[LEVELS];
};

/* `level` names some of them, repeated; by the words that severities go by. False: refused. */
static bool read_levels(struct api_call *c, struct volume *v)
{
    uint32_t at = 0;
    struct text t;
    bool any = false;

    while (api_param_next(c, "level", &at, &t)) {
        uint8_t level = severity_level(severity_of(t));

        if (!level && !text_is(t, names[0])) {
            api_detail(c, 400, "Invalid level: fatal, error, warn, info, debug, trace or none");
            return false;
        }
        v->wanted[level] = any = true;
    }
    for (int i = 0; i < LEVELS && !any; i++)
        v->wanted[i] = true;
    return true;
}

/* Records of one service in a part of the range. */
static uint64_t walk_part(struct api_call *c, struct volume *v, int64_t service,
                          const struct figures_part *part)
{
    static const char *const queries[] = {"api_log_minutes", "api_log_hours", "api_log_quarters"};
    const struct figures_wish *w = &v->wish;
    struct db_stmt *s = api_query(c, queries[part->unit]);
    uint64_t sum = 0;

    if (!s)
        return 0;
    db_int(s, "service", service);
    db_int(s, "from", part->from);
    db_int(s, "to", part->to);
    while (api_row(c, s)) {
        int64_t level = db_col_int(s, 2);
        uint64_t n = (uint64_t)db_col_int(s, 3);

        if (level < 0 || level >= LEVELS || !v->wanted[level] ||
            !figures_environment(w, api_col(s, 1)))
            continue;
        v->counts[level][figures_bucket(w, part->unit, db_col_int(s, 0))] += n;
        v->total[level] += n;
        sum += n;
    }
    return sum;
}

static uint64_t walk(struct api_call *c, struct volume *v, int64_t service)
{
    struct figures_part parts[FIGURES_PARTS];
    uint32_t count = figures_parts(&v->wish, parts);
    uint64_t sum = 0;

    for (uint32_t i = 0; i < count; i++)
        sum += walk_part(c, v, service, &parts[i]);
    return sum;
}

static void write_levels(struct buf *b, const struct volume *v)
{
    json_open(b, "levels", '{');
    for (int level = LEVELS - 1; level >= 0; level--) {
        if (!v->total[level])
            continue;
        json_open(b, names[level], '[');
        for (uint32_t i = 0; i < v->wish.buckets; i++)
            json_uint(b, NULL, v->counts[level][i]);
        json_close(b, ']');
    }
    json_close(b, '}');
}

void log_volume(struct api_call *c)
{
    struct figures_services services;
    struct volume v = {0};
    struct buf *b = &c->out;

    if (!figures_wish_read(c, &v.wish) || !read_levels(c, &v) ||
        !figures_services(c, api_param(c, "service"), &services))
        return;
    for (int i = 0; i < LEVELS; i++)
        if (!(v.counts[i] = arena_zero(c->arena, v.wish.buckets, sizeof *v.counts[i])))
            return;
    json_open(b, NULL, '{');
    json_int(b, "interval", figures_interval_s(&v.wish));
    json_int(b, "start", figures_begin_ms(&v.wish));
    json_open(b, "services", '[');
    for (uint32_t i = 0; i < services.count && !c->refused; i++) {
        uint64_t sum = walk(c, &v, services.at[i].id);

        if (!sum)
            continue;
        json_open(b, NULL, '{');
        json_text(b, "name", services.at[i].name);
        json_text(b, "project", services.at[i].project->slug);
        json_uint(b, "records", sum);
        json_close(b, '}');
    }
    json_close(b, ']');
    write_levels(b, &v);
    json_close(b, '}');
    if (!c->refused)
        api_done(c, 200);
}
