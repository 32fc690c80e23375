/* flush_span.c -- services, operations, their figures, the calls between services, and the volume of log
 * records into the catalogue. Numbers that the catalogue gave are kept with the entries, until a flush fails. */
#include <string.h>

#include "writer/flush_parts.h"
#include "writer/span_tally.h"

static void bind_text(struct db_stmt *q, int at, struct text t)
{
    db_str_static_at(q, at, t.at ? t.at : "", t.len);
}

/* Run a find statement that is bound; *id 0: there is none. */
static int find(struct db_stmt *q, int64_t *id)
{
    int rc = db_step(q);

    *id = rc == 1 ? db_col_int(q, 0) : 0;
    db_reset(q);
    return rc < 0 ? rc : DB_OK;
}

static int seen(struct writer *w, const char *query, int64_t id, int64_t first_ms, int64_t last_ms)
{
    struct db_stmt *q = db_query(w->catalogue, query);

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, id);
    db_int_at(q, 2, first_ms);
    db_int_at(q, 3, last_ms);
    return db_run(q);
}

/* ---- services and operations ---- */

static int service_id(struct writer *w, struct service *s, int64_t first_ms, int64_t last_ms)
{
    struct db_stmt *q;
    int rc;

    if (!s->id) {
        if (!(q = db_query(w->catalogue, "service_find")))
            return DB_FAIL;
        db_int_at(q, 1, s->project);
        bind_text(q, 2, s->name);
        if ((rc = find(q, &s->id)) != DB_OK)
            return rc;
    }
    if (!s->id) {
        if (!(q = db_query(w->catalogue, "service_insert")))
            return DB_FAIL;
        db_int_at(q, 1, s->project);
        bind_text(q, 2, s->name);
        db_int_at(q, 3, first_ms);
        if ((rc = db_run(q)) != DB_OK)
            return rc;
        s->id = db_last_id(w->catalogue);
    }
    return seen(w, "service_seen", s->id, first_ms, last_ms);
}

static void bind_operation(struct db_stmt *q, const struct operation *o)
{
    db_int_at(q, 1, o->service->id);
    bind_text(q, 2, o->name);
    db_int_at(q, 3, o->kind);
    db_int_at(q, 4, o->entry);
}

static int operation_id(struct writer *w, struct operation *o, const struct span_cell *c)
{
    struct db_stmt *q;
    int rc;

    if (!o->id) {
        if (!(q = db_query(w->catalogue, "operation_find")))
            return DB_FAIL;
        bind_operation(q, o);
        if ((rc = find(q, &o->id)) != DB_OK)
            return rc;
    }
    if (!o->id) {
        if (!(q = db_query(w->catalogue, "operation_insert")))
            return DB_FAIL;
        bind_operation(q, o);
        db_int_at(q, 5, c->first_ms);
        if ((rc = db_run(q)) != DB_OK)
            return rc;
        o->id = db_last_id(w->catalogue);
    }
    return seen(w, "operation_seen", o->id, c->first_ms, c->last_ms);
}

/* ---- releases, environments ---- */

static int release(struct writer *w, struct span_release *r)
{
    const struct project *p = writer_project(w, r->project);
    struct db_stmt *q;
    uint32_t id = 0;
    int rc;

    r->id = 0;
    if (!p)
        return DB_OK; /* deleted meanwhile */
    if ((rc = flush_release_id(w, p->org, r->version, r->first_ms, &id)) != DB_OK)
        return rc;
    r->id = id;
    if (!(q = db_query(w->catalogue, "release_project_add")))
        return DB_FAIL;
    db_int_at(q, 1, id);
    db_int_at(q, 2, r->project);
    db_int_at(q, 3, r->first_ms);
    db_int_at(q, 4, r->last_ms);
    db_int_at(q, 5, 0); /* no error events */
    return db_run(q);
}

/* So that it can be chosen although no error event names it. */
static int environment(struct writer *w, uint32_t project, struct text name, int64_t first_ms,
                       int64_t last_ms)
{
    struct db_stmt *q;

    if (text_empty(name))
        return DB_OK;
    if (!(q = db_query(w->catalogue, "environment_add")))
        return DB_FAIL;
    db_int_at(q, 1, project);
    bind_text(q, 2, name);
    db_int_at(q, 3, first_ms);
    db_int_at(q, 4, last_ms);
    db_int_at(q, 5, 0); /* no error events */
    return db_run(q);
}

/* ---- figures ---- */

struct unit {
    const char *get, *add;
    uint32_t minutes;
};
static const struct unit units[] = {{"red_minute_get", "red_minute_add", 1},
                                    {"red_hour_get", "red_hour_add", 60},
                                    {"red_quarter_get", "red_quarter_add", 360}};
#define UNITS (sizeof units / sizeof units[0])

/* What is there already, and what came since. */
static int merge(struct writer *w, const struct unit *u, const struct span_cell *c, int64_t release,
                 struct latency *out)
{
    struct db_stmt *q = db_query(w->catalogue, u->get);
    struct text before;
    int rc;

    if (!q)
        return DB_FAIL;
    latency_clear(out);
    db_int_at(q, 1, c->operation->id);
    db_int_at(q, 2, c->minute / u->minutes);
    db_int_at(q, 3, release);
    bind_text(q, 4, c->environment);
    if ((rc = db_step(q)) == 1) {
        before.at = db_col_blob(q, 0, &before.len);
        if (before.at && !latency_merge_encoded(out, before))
            latency_clear(out); /* damaged: begin anew */
    }
    db_reset(q);
    if (rc >= 0 && !latency_merge(out, &c->sketch))
        rc = DB_FAIL;
    return rc < 0 ? rc : DB_OK;
}

static int figures(struct writer *w, const struct unit *u, const struct span_cell *c,
                   int64_t release)
{
    struct latency *sketch = &w->span_tally->scratch;
    struct db_stmt *q;
    struct buf b;
    int rc = merge(w, u, c, release, sketch);

    if (rc != DB_OK)
        return rc;
    arena_reset(&w->command_arena);
    buf_init(&b, &w->command_arena, 512, 64 * KIB);
    latency_encode(sketch, &b);
    if (b.failed || !(q = db_query(w->catalogue, u->add)))
        return DB_FAIL;
    db_int_at(q, 1, c->operation->id);
    db_int_at(q, 2, c->minute / u->minutes);
    db_int_at(q, 3, release);
    bind_text(q, 4, c->environment);
    db_int_at(q, 5, (int64_t)c->calls);
    db_int_at(q, 6, (int64_t)c->errors);
    db_int_at(q, 7, (int64_t)c->total_us);
    db_blob_static_at(q, 8, b.at, b.len);
    return db_run(q);
}

static int cell(struct writer *w, struct span_generation *g, struct span_cell *c)
{
    int64_t release = c->release ? g->releases[c->release - 1].id : 0;
    struct service *s = c->operation->service;
    int rc;

    if (!writer_project(w, s->project))
        return DB_OK;
    if ((rc = service_id(w, s, c->first_ms, c->last_ms)) != DB_OK ||
        (rc = operation_id(w, c->operation, c)) != DB_OK ||
        (rc = environment(w, s->project, c->environment, c->first_ms, c->last_ms)) != DB_OK)
        return rc;
    for (size_t i = 0; rc == DB_OK && i < UNITS; i++)
        rc = figures(w, &units[i], c, release);
    return rc;
}

/* ---- edges ---- */

static void bind_edge(struct db_stmt *q, const struct edge_name *e)
{
    db_int_at(q, 1, e->project);
    bind_text(q, 2, e->caller);
    bind_text(q, 3, e->callee);
    db_int_at(q, 4, e->kind);
    bind_text(q, 5, e->environment);
}

static int edge_id(struct writer *w, struct edge *e)
{
    struct db_stmt *q;
    int rc = DB_OK;

    if (e->id)
        return DB_OK;
    if (!(q = db_query(w->catalogue, "edge_find")))
        return DB_FAIL;
    bind_edge(q, &e->name);
    if ((rc = find(q, &e->id)) != DB_OK || e->id)
        return rc;
    if (!(q = db_query(w->catalogue, "edge_insert")))
        return DB_FAIL;
    bind_edge(q, &e->name);
    if ((rc = db_run(q)) == DB_OK)
        e->id = db_last_id(w->catalogue);
    return rc;
}

static int edge_cell(struct writer *w, const struct span_edge_cell *c)
{
    static const char *const queries[UNITS] = {"edge_minute_add", "edge_hour_add",
                                               "edge_quarter_add"};
    int rc;

    if (!writer_project(w, c->edge->name.project))
        return DB_OK;
    rc = edge_id(w, c->edge);
    for (size_t i = 0; rc == DB_OK && i < UNITS; i++) {
        struct db_stmt *q = db_query(w->catalogue, queries[i]);

        if (!q)
            return DB_FAIL;
        db_int_at(q, 1, c->edge->id);
        db_int_at(q, 2, c->minute / units[i].minutes);
        db_int_at(q, 3, (int64_t)c->calls);
        db_int_at(q, 4, (int64_t)c->errors);
        db_int_at(q, 5, (int64_t)c->total_us);
        rc = db_run(q);
    }
    return rc;
}

/* ---- log records ---- */

static int log_cell(struct writer *w, struct log_cell *c)
{
    static const char *const queries[UNITS] = {"log_minute_add", "log_hour_add", "log_quarter_add"};
    int rc;

    if (!writer_project(w, c->service->project))
        return DB_OK;
    if ((rc = service_id(w, c->service, c->first_ms, c->last_ms)) == DB_OK)
        rc = environment(w, c->service->project, c->environment, c->first_ms, c->last_ms);
    for (size_t i = 0; rc == DB_OK && i < UNITS; i++) {
        struct db_stmt *q = db_query(w->catalogue, queries[i]);

        if (!q)
            return DB_FAIL;
        db_int_at(q, 1, c->service->id);
        db_int_at(q, 2, c->minute / units[i].minutes);
        bind_text(q, 3, c->environment);
        db_int_at(q, 4, c->level);
        db_int_at(q, 5, (int64_t)c->records);
        rc = db_run(q);
    }
    return rc;
}

int flush_span(struct writer *w, uint32_t at, bool *more)
{
    struct span_generation *g = w->span_tally->flushing;

    *more = g && at < g->release_count + g->cell_count + g->edge_count + g->logs.count;
    if (!*more)
        return DB_OK;
    if (at < g->release_count)
        return release(w, &g->releases[at]);
    at -= g->release_count;
    if (at < g->cell_count)
        return cell(w, g, &g->cells[at]);
    at -= g->cell_count;
    if (at < g->edge_count)
        return edge_cell(w, &g->edges[at]);
    return log_cell(w, &g->logs.at[at - g->edge_count]);
}

void flush_span_done(struct writer *w)
{
    struct span_tally *t = w->span_tally;

    if (t->flushing)
        span_tally_clear(t->flushing);
    t->flushing = NULL;
}

void flush_span_failed(struct writer *w)
{
    services_forget(w->span_tally->services);
    edges_forget(w->span_tally->edges);
}
