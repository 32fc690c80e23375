/* keep_span.c -- figures of spans and log records that are too old leave the catalogue, a few operations a
 * second; an operation or service without figures leaves with them. */
#include "writer/context.h"
#include "writer/edge.h"
#include "writer/flush.h"
#include "writer/keep.h"
#include "writer/service.h"
#include "writer/span_tally.h"
#include "writer/tally.h"

#define SOME 16        /* a second: all operations there can be within an hour or so */
#define MINUTES_DAYS 3 /* minutes are shown of the last days; of older ones, the hours */
#define MINUTE_MS 60000

struct sort { /* of figures */
    const char *next, *prune_minutes, *prune_hours, *prune_quarters, *expire;
};

static int prune(struct writer *w, const char *query, int64_t id, const char *bound, int64_t before)
{
    struct db_stmt *q = db_query(w->catalogue, query);

    if (!q)
        return DB_FAIL;
    db_int(q, "id", id);
    if (bound)
        db_int(q, bound, before);
    return db_run(q);
}

/* One operation, or edge. *gone: it left. */
static int one(struct writer *w, const struct sort *s, int64_t id, bool *gone)
{
    int64_t now_ms = world_now_ms(), kept_ms = (int64_t)w->conf->retention_days * DAY_MS;
    int rc = prune(w, s->prune_minutes, id, "minute", (now_ms - MINUTES_DAYS * DAY_MS) / MINUTE_MS);

    if (rc != DB_OK || !kept_ms)
        return rc;
    if ((rc = prune(w, s->prune_hours, id, "hour", (now_ms - kept_ms) / HOUR_MS)) != DB_OK ||
        (rc = prune(w, s->prune_quarters, id, "quarter", (now_ms - kept_ms) / (6 * HOUR_MS))) !=
            DB_OK ||
        (rc = prune(w, s->expire, id, NULL, 0)) != DB_OK)
        return rc;
    *gone |= db_changes(w->catalogue) > 0;
    return DB_OK;
}

static int some(struct writer *w, const struct sort *s, int64_t *after, bool *gone)
{
    struct db_stmt *q = db_query(w->catalogue, s->next);
    int64_t ids[SOME];
    int count = 0, rc;

    if (!q)
        return DB_FAIL;
    db_int(q, "after", *after);
    while ((rc = db_step(q)) == 1 && count < SOME)
        ids[count++] = db_col_int(q, 0);
    db_reset(q);
    for (int i = 0; rc >= 0 && i < count; i++)
        rc = one(w, s, ids[i], gone);
    *after = count == SOME ? ids[SOME - 1] : 0;
    return rc < 0 ? rc : DB_OK;
}

static void prune_some(struct writer *w)
{
    static const struct sort operations = {"operation_next", "red_minute_prune", "red_hour_prune",
                                           "red_quarter_prune", "operation_expire"};
    static const struct sort edges = {"edge_next", "edge_minute_prune", "edge_hour_prune",
                                      "edge_quarter_prune", "edge_expire"};
    static const struct sort services = {"service_next", "log_minute_prune", "log_hour_prune",
                                         "log_quarter_prune", "service_expire"};
    bool gone = false;
    int rc;

    if ((rc = db_begin(w->catalogue)) == DB_OK) {
        if ((rc = some(w, &operations, &w->keep.pruned_operation, &gone)) == DB_OK)
            rc = some(w, &edges, &w->keep.pruned_edge, &gone);
        if (rc == DB_OK)
            rc = some(w, &services, &w->keep.pruned_service, &gone);
        if (rc == DB_OK)
            rc = db_commit(w->catalogue);
        if (rc != DB_OK)
            db_rollback(w->catalogue);
    }
    writer_complain(w->catalogue, "prune.spans", rc);
    if (gone) { /* numbers that were kept may be nobody's now */
        services_forget(w->span_tally->services);
        edges_forget(w->span_tally->edges);
    }
}

void keep_spans(struct writer *w)
{
    if (span_tally_expire(w->span_tally, world_now_ms()))
        tally_wake(w);
    if (!flush_is_open(w))
        prune_some(w);
}
