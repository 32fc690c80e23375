/* api_red.c -- rate, errors and durations over time, for charts: of everything, of a service, of an
 * operation; and the releases in them. */
#include "proto/span.h"
#include "worker/api_resources.h"
#include "worker/figures.h"

#define RELEASES_MAX 200

struct red {
    struct figures_wish wish;
    struct text service, operation, kind; /* absent: all */
    struct figures *buckets;
    int64_t project; /* whose rows are walked */
    struct {
        int64_t release, project;
    } seen[RELEASES_MAX];
    uint32_t seen_count;
};

static void note_release(struct red *r, int64_t release)
{
    for (uint32_t i = 0; i < r->seen_count; i++)
        if (r->seen[i].release == release && r->seen[i].project == r->project)
            return;
    if (!release || r->seen_count == RELEASES_MAX)
        return;
    r->seen[r->seen_count].release = release;
    r->seen[r->seen_count++].project = r->project;
}

static void add_row(void *own, const struct figures_row *row)
{
    struct red *r = own;

    figures_add(&r->buckets[row->bucket], row);
    note_release(r, row->release);
}

/* Without operation and kind: a service's units of work, which are counted together. */
static bool is_whole(const struct red *r)
{
    return text_empty(r->operation) && text_empty(r->kind);
}

static void walk_operations(struct api_call *c, struct red *r, int64_t service)
{
    struct db_stmt *s = api_query(c, "api_operations");
    int64_t *ids = NULL;
    uint32_t count = 0, room = 0;

    if (!s)
        return;
    db_int(s, "service", service);
    while (api_row(c, s)) {
        if (!text_empty(r->operation) && !text_eq(api_col(s, 1), r->operation))
            continue;
        if (!text_empty(r->kind) && db_col_int(s, 2) != span_kind_of(r->kind))
            continue;
        if (count == room) {
            int64_t *more = arena_alloc(c->arena, (room = room * 2 + 16) * sizeof *more);

            if (!more)
                return;
            for (uint32_t i = 0; i < count; i++)
                more[i] = ids[i];
            ids = more;
        }
        ids[count++] = db_col_int(s, 0);
    }
    for (uint32_t i = 0; i < count; i++)
        figures_walk(c, &r->wish, ids[i], add_row, r);
}

static bool walk(struct api_call *c, struct red *r)
{
    struct figures_services services;

    if (!figures_services(c, r->service, &services))
        return false;
    for (uint32_t i = 0; i < services.count && !c->refused; i++) {
        const struct figures_service *s = &services.at[i];

        r->project = s->project->id;
        if (!is_whole(r))
            walk_operations(c, r, s->id);
        else if (s->all)
            figures_walk(c, &r->wish, s->all, add_row, r);
    }
    return !c->refused;
}

/* ---- the answer ---- */

static void write_counts(struct buf *b, const struct red *r)
{
    json_open(b, "calls", '[');
    for (uint32_t i = 0; i < r->wish.buckets; i++)
        json_uint(b, NULL, r->buckets[i].calls);
    json_close(b, ']');
    json_open(b, "errors", '[');
    for (uint32_t i = 0; i < r->wish.buckets; i++)
        json_uint(b, NULL, r->buckets[i].errors);
    json_close(b, ']');
}

/* Where nothing was called there is no duration: null, not nought. */
static void write_quantile(struct buf *b, const struct red *r, const char *key, double q)
{
    json_open(b, key, '[');
    for (uint32_t i = 0; i < r->wish.buckets; i++) {
        if (r->buckets[i].calls)
            json_uint(b, NULL, figures_quantile_us(&r->buckets[i], q));
        else
            json_null(b, NULL);
    }
    json_close(b, ']');
}

static void write_releases(struct api_call *c, const struct red *r)
{
    json_open(&c->out, "releases", '[');
    for (uint32_t i = 0; i < r->seen_count; i++) {
        struct db_stmt *s = api_query(c, "api_release_seen");

        if (!s)
            return;
        db_int(s, "release", r->seen[i].release);
        db_int(s, "project", r->seen[i].project);
        if (!api_row(c, s))
            continue;
        json_open(&c->out, NULL, '{');
        json_text(&c->out, "version", api_col(s, 0));
        json_int(&c->out, "first", db_col_int(s, 1));
        json_close(&c->out, '}');
    }
    json_close(&c->out, ']');
}

static void write_red(struct api_call *c, const struct red *r)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_int(b, "interval", figures_interval_s(&r->wish));
    json_int(b, "start", figures_begin_ms(&r->wish));
    write_counts(b, r);
    write_quantile(b, r, "p50Us", 0.5);
    write_quantile(b, r, "p95Us", 0.95);
    write_quantile(b, r, "p99Us", 0.99);
    write_releases(c, r);
    json_close(b, '}');
}

void red_get(struct api_call *c)
{
    struct red r = {.service = api_param(c, "service"),
                    .operation = api_param(c, "operation"),
                    .kind = api_param(c, "kind")};

    if (!figures_wish_read(c, &r.wish) ||
        !(r.buckets = arena_zero(c->arena, r.wish.buckets, sizeof *r.buckets)))
        return;
    if (walk(c, &r)) {
        write_red(c, &r);
        api_done(c, 200);
    }
    for (uint32_t i = 0; i < r.wish.buckets; i++)
        figures_free(&r.buckets[i]);
}
