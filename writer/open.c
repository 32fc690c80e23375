#include "writer/open.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "proto/limits.h"
#include "shm/log.h"
#include "writer/active.h"
#include "writer/context.h"
#include "writer/drain.h"
#include "writer/files.h"
#include "writer/flush.h"
#include "writer/pack.h"
#include "writer/recover.h"
#include "writer/relearn.h"
#include "writer/segments.h"
#include "writer/span_tally.h"
#include "writer/spans.h"
#include "writer/state.h"
#include "writer/tally.h"

#define ARENA_MAX (8 * MIB) /* tags of a record, or a command and its answer */

const struct project *writer_project(const struct writer *w, uint32_t id)
{
    uint32_t from = 0, to = w->project_count;

    while (from < to) {
        uint32_t at = (from + to) / 2;

        if (w->projects[at].id == id)
            return &w->projects[at];
        if (w->projects[at].id < id)
            from = at + 1;
        else
            to = at;
    }
    return NULL;
}

void writer_count(struct writer *w, enum counter which, uint64_t n)
{
    if (n)
        counter_add(w->world->counters, COUNTER_SLOT_WRITER, which, n);
}

int writer_complain(struct db *d, const char *doing, int rc)
{
    if (rc != DB_OK)
        log_error("database", "doing=%s file=\"%s\" error=\"%s\"", doing, d ? db_path(d) : "",
                  d ? db_error(d) : "no memory");
    return rc;
}

static int exit_status(int rc)
{
    switch (rc) {
    case DB_OK:
        return 0;
    case DB_READONLY:
        return EX_NOPERM;
    case DB_NEWER:
        return EX_DATAERR;
    case DB_FULL:
    case DB_STARVED:
        return EX_TEMPFAIL;
    default:
        return EX_IOERR;
    }
}

static bool allocate(struct writer *w)
{
    arena_init(&w->arena, ARENA_MAX);
    arena_init(&w->command_arena, ARENA_MAX);
    w->tally = tally_new();
    w->states = states_new();
    w->spans = spans_new();
    w->span_tally = span_tally_new();
    return batch_init(&w->batch) && w->tally && w->states && w->spans && w->span_tally;
}

static int recover(struct writer *w)
{
    int rc;

    if ((rc = recover_catalogue(w)) != DB_OK || (rc = segments_recover(w)) != DB_OK ||
        (rc = recover_issues(w)) != DB_OK || (rc = recover_tally(w)) != DB_OK)
        return rc;
    spans_recover(w);
    /* The figures are right before anybody looks at them. A full disk does not keep us from starting:
     * then they follow later. */
    if ((rc = flush_all(w)) != DB_OK)
        log_warn("recover.flush", "error=\"%s\"", db_error(w->catalogue));
    if ((rc = relearn_begin(w)) != DB_OK)
        log_warn("relearn", "error=\"%s\"", db_error(w->catalogue));
    return DB_OK;
}

/* The aggregates are as the segments. */
static void nothing_behind(struct writer *w)
{
    struct board *b = w->world->board;

    atomic_store_explicit(&b->flushed_seq, w->next_seq - 1, memory_order_release);
    atomic_store_explicit(&b->flushed_batch, b->committed_batch, memory_order_release);
}

int writer_open(const struct writer_conf *conf, struct writer **out)
{
    struct writer *w = calloc(1, sizeof(*w));
    int64_t began_us = world_ticks_us();
    int rc;

    *out = w;
    if (!w)
        return EX_OSERR;
    w->conf = conf;
    w->world = conf->world;
    if (sodium_init() == -1) {
        log_error("writer.sodium", "no random numbers");
        return EX_OSERR;
    }
    if (!allocate(w)) {
        log_error("writer.memory", "not enough memory");
        return EX_OSERR;
    }
    if ((rc = files_folders(w->world)) != 0) {
        log_error("writer.folders", "dir=\"%s\" error=\"%s\"", w->world->dir, strerror(-rc));
        return EX_CANTCREAT;
    }
    if ((rc = recover(w)) != DB_OK)
        return exit_status(rc);
    drain_find_rings(w);
    atomic_store_explicit(&w->world->board->committed_seq, w->next_seq - 1, memory_order_release);
    if (w->tally->filling->empty)
        nothing_behind(w);
    log_notice("writer.open", "events=%llu segment=%s took_ms=%lld",
               (unsigned long long)(w->next_seq - 1), w->active.file,
               (long long)((world_ticks_us() - began_us) / 1000));
    return 0;
}

void writer_close(struct writer *w)
{
    if (!w)
        return;
    if (w->active.segment)
        active_close(w);
    db_close(w->catalogue);
    tally_free(w->tally);
    states_free(w->states);
    relearn_free(w->relearn);
    spans_free(w->spans);
    span_tally_free(w->span_tally);
    batch_free(&w->batch);
    arena_free(&w->arena);
    arena_free(&w->command_arena);
    free(w->effects.issues);
    free(w->effects.hashes);
    free(w->projects);
    free(w);
}
