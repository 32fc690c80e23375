#include "writer/keep.h"

#include <stdio.h>
#include <string.h>

#include "shm/log.h"
#include "writer/checkpoint.h"
#include "writer/command.h"
#include "writer/context.h"
#include "writer/drain.h"
#include "writer/files.h"
#include "writer/flush.h"
#include "writer/flush_parts.h"
#include "writer/recover.h"
#include "writer/relearn.h"
#include "writer/retain.h"
#include "writer/seal.h"
#include "writer/segments.h"
#include "writer/unmerge.h"

#define BUSY_RECORDS 200      /* records in a second from which on there is no room for repacking */
#define FRESH_MS (7 * DAY_MS) /* so long is an issue new */
#define HOURS_KEPT (15 * 24)  /* pages show 14 days of hours at most */
#define PRUNE_ISSUES 256      /* a second: a million issues are gone through in an hour */
#define REMOVE_AFTER_US (5 * INT64_C(1000000))
#define UNMERGE_US 100000 /* of a second, while a job is there */
#define RELEARN_US 100000 /* likewise, after an upgrade */
#define LINK_MS HOUR_MS   /* a report waits so long for its event */

/* ---- what the sealing thread has done ---- */

static void remove_later(struct writer *w, uint32_t id, const char *file)
{
    char path[FILES_PATH_MAX];
    size_t free_at = sizeof(w->keep.leaving) / sizeof(*w->keep.leaving);

    for (size_t i = 0; i < sizeof(w->keep.leaving) / sizeof(*w->keep.leaving); i++)
        if (!w->keep.leaving[i].file[0])
            free_at = i;
    if (free_at == sizeof(w->keep.leaving) / sizeof(*w->keep.leaving)) {
        files_segment(w->world, file, path);
        files_remove(path);
        return;
    }
    w->keep.leaving[free_at].id = id;
    snprintf(w->keep.leaving[free_at].file, sizeof(w->keep.leaving[free_at].file), "%s", file);
    w->keep.leaving[free_at].due_us = world_ticks_us() + REMOVE_AFTER_US;
}

static void remove_due(struct writer *w)
{
    char path[FILES_PATH_MAX];

    for (size_t i = 0; i < sizeof(w->keep.leaving) / sizeof(*w->keep.leaving); i++) {
        if (!w->keep.leaving[i].file[0] || world_ticks_us() < w->keep.leaving[i].due_us)
            continue;
        files_segment(w->world, w->keep.leaving[i].file, path);
        files_remove(path);
        w->keep.leaving[i].file[0] = 0;
    }
}

void keep_leave(struct writer *w, uint32_t id)
{
    for (size_t i = 0; i < sizeof(w->keep.leaving) / sizeof(*w->keep.leaving); i++)
        if (w->keep.leaving[i].id == id)
            w->keep.leaving[i].due_us = 0;
    remove_due(w);
}

static bool old_file(struct writer *w, uint32_t id, char out[64])
{
    struct segments all;
    bool found = false;

    if (segments_list(w, &all) == DB_OK) {
        for (uint32_t i = 0; i < all.count; i++) {
            if (all.rows[i].id == id) {
                snprintf(out, 64, "%s", all.rows[i].file);
                found = true;
            }
        }
    }
    segments_free(&all);
    return found;
}

/* Enter a result; durable before the old file goes. */
static void enter(struct writer *w, const struct sealed *done)
{
    char before[64], path[FILES_PATH_MAX];
    int rc;

    if (done->failed) {
        if (done->packed && w->keep.unpackable_count < UNPACKABLE_MAX)
            w->keep.unpackable[w->keep.unpackable_count++] = done->id;
        return;
    }
    if (!old_file(w, done->id, before)) { /* it has left meanwhile */
        if (done->packed) {
            files_segment(w->world, done->file, path);
            files_remove(path);
        }
        return;
    }
    if ((rc = db_set_sync(w->catalogue, true)) == DB_OK && (rc = db_begin(w->catalogue)) == DB_OK) {
        rc = segments_set_state(w, done->id, done->packed ? "packed" : "sealed", done->file,
                                done->bytes);
        if (rc == DB_OK)
            rc = db_commit(w->catalogue);
        if (rc != DB_OK)
            db_rollback(w->catalogue);
    }
    if (writer_complain(w->catalogue, "segment.sealed", rc) != DB_OK)
        return; /* the next start finds it */
    atomic_fetch_add_explicit(&w->world->board->change, 1, memory_order_release);
    log_notice(done->packed ? "segment.packed" : "segment.sealed", "file=%s bytes=%llu", done->file,
               (unsigned long long)done->bytes);
    if (done->packed)
        remove_later(w, done->id, before);
}

void keep_unsealed(struct writer *w)
{
    struct segments all;

    if (segments_list(w, &all) == DB_OK)
        for (uint32_t i = 0; i < all.count; i++)
            if (strcmp(all.rows[i].state, "sealing") == 0 && !sealer_has(w->sealer, all.rows[i].id))
                sealer_seal(w->sealer, all.rows[i].id, all.rows[i].file);
    segments_free(&all);
}

/* One that is sealed and can be copied; the copy is smaller, and room for it need not be taken from what is to
 * be left free. */
static bool may_pack(struct writer *w, const struct segments_row *r)
{
    const struct board *board = w->world->board;
    uint64_t free_bytes = atomic_load_explicit(&board->free_bytes, memory_order_relaxed);

    if (strcmp(r->state, "sealed") != 0 || !r->whole || sealer_has(w->sealer, r->id) ||
        free_bytes < r->bytes + w->conf->min_free_bytes)
        return false;
    for (uint32_t i = 0; i < w->keep.unpackable_count; i++)
        if (w->keep.unpackable[i] == r->id)
            return false;
    return true;
}

/* The oldest one that is not packed, once it has been quiet for a while. */
static void pack_one(struct writer *w)
{
    struct segments all;

    if (world_ticks_us() - w->keep.busy_us < (int64_t)w->conf->seal_idle_s * 1000000 ||
        w->keep.unpackable_count == UNPACKABLE_MAX)
        return;
    if (segments_list(w, &all) == DB_OK) {
        for (uint32_t i = 0; i < all.count; i++) {
            const struct segments_row *r = &all.rows[i];

            if (may_pack(w, r)) {
                sealer_pack(w->sealer, r->id, r->file);
                break;
            }
        }
    }
    segments_free(&all);
}

/* ---- issues ---- */

static int age(struct writer *w, int64_t now_ms)
{
    struct db_stmt *q = db_query(w->catalogue, "issue_age");

    if (!q)
        return DB_FAIL;
    db_int(q, "now", now_ms);
    db_int(q, "before", now_ms - FRESH_MS);
    return db_run(q);
}

static int resolve_one(struct writer *w, const struct project *p, uint32_t issue, int64_t now_ms)
{
    struct db_stmt *q = db_query(w->catalogue, "issue_resolve_stale");
    char data[48];
    int rc, len = snprintf(data, sizeof(data), "{\"age\":%u}", p->resolve_age_h);

    if (!q)
        return DB_FAIL;
    db_int(q, "id", issue);
    db_int(q, "now", now_ms);
    if ((rc = db_run(q)) != DB_OK)
        return rc;
    return flush_activity(w, issue, 0, "set_resolved_by_age", (struct text){data, (size_t)len},
                          now_ms);
}

static int resolve_stale(struct writer *w, const struct project *p, int64_t now_ms, uint32_t *ids,
                         uint32_t *count)
{
    struct db_stmt *q = db_query(w->catalogue, "issue_stale");
    int rc;

    if (!q)
        return DB_FAIL;
    db_int(q, "project", p->id);
    db_int(q, "before", now_ms - p->resolve_age_h * HOUR_MS);
    *count = 0;
    while ((rc = db_step(q)) == 1 && *count < 100)
        ids[(*count)++] = (uint32_t)db_col_int(q, 0);
    db_reset(q);
    for (uint32_t i = 0; rc >= 0 && i < *count; i++)
        rc = resolve_one(w, p, ids[i], now_ms);
    return rc < 0 ? rc : DB_OK;
}

static int transaction(struct writer *w, int rc)
{
    if (rc == DB_OK)
        rc = db_commit(w->catalogue);
    if (rc != DB_OK)
        db_rollback(w->catalogue);
    return rc;
}

static void keep_hour(struct writer *w)
{
    int64_t now_ms = world_now_ms();
    uint32_t ids[100], count = 0;
    int rc;

    if (db_begin(w->catalogue) != DB_OK)
        return;
    writer_complain(w->catalogue, "age", transaction(w, age(w, now_ms)));
    for (uint32_t p = 0; p < w->project_count; p++) {
        /* What was just seen again must not be taken for stale. */
        if (!w->projects[p].resolve_age_h || flush_all(w) != DB_OK ||
            db_begin(w->catalogue) != DB_OK)
            continue;
        rc = transaction(w, resolve_stale(w, &w->projects[p], now_ms, ids, &count));
        if (writer_complain(w->catalogue, "resolve_age", rc) != DB_OK)
            continue;
        for (uint32_t i = 0; i < count; i++)
            recover_issue(w, ids[i]);
    }
    states_clear(w->states);
    atomic_fetch_add_explicit(&w->world->board->change, 1, memory_order_release);
}

/* Old hours, a few issues at a time: the table would grow for ever. */
static void prune(struct writer *w)
{
    struct db_stmt *q = db_query(w->catalogue, "issue_hour_prune");

    if (w->keep.pruned > w->issue_high)
        w->keep.pruned = 0;
    if (!q)
        return;
    db_int(q, "from", w->keep.pruned);
    db_int(q, "to", w->keep.pruned + PRUNE_ISSUES);
    db_int(q, "hour", world_now_ms() / HOUR_MS - HOURS_KEPT);
    writer_complain(w->catalogue, "prune", db_run(q));
    w->keep.pruned += PRUNE_ISSUES;
}

/* ---- feedback and its events ---- */

static uint32_t issue_of_event(struct writer *w, uint32_t project, const uint8_t id[16])
{
    struct segment_event e;
    uint64_t seq;

    if (!recent_find(w->world->recent, project, id, &seq) || seq < w->active.first_seq ||
        segment_event_at(w->active.segment, seq, &e) != 1)
        return 0;
    return e.issue;
}

static void link_feedback(struct writer *w)
{
    struct {
        int64_t id;
        uint32_t issue;
    } found[50];
    struct db_stmt *q = db_query(w->catalogue, "feedback_unlinked");
    uint32_t count = 0;
    const void *event;
    size_t len;

    if (!q)
        return;
    db_int(q, "since", world_now_ms() - LINK_MS);
    while (db_step(q) == 1 && count < 50) {
        event = db_col_blob(q, 2, &len);
        found[count].id = db_col_int(q, 0);
        found[count].issue =
            event && len == 16 ? issue_of_event(w, (uint32_t)db_col_int(q, 1), event) : 0;
        count += found[count].issue != 0;
    }
    db_reset(q);
    for (uint32_t i = 0; i < count; i++) {
        if (!(q = db_query(w->catalogue, "feedback_link")))
            return;
        db_int_at(q, 1, found[i].id);
        db_int_at(q, 2, found[i].issue);
        writer_complain(w->catalogue, "feedback.link", db_run(q));
    }
}

/* ---- the second ---- */

static void idle_rings(struct writer *w)
{
    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++) {
        struct slot *s = &w->slots[slot];

        if (!s->open || ring_tail(w->world->ring[slot]) != s->cursor)
            continue;
        if (s->idle_seconds < 3 && ++s->idle_seconds == 3)
            ring_idle(w->world->ring[slot]); /* what a burst touched is not ours for ever */
    }
}

static void measure_load(struct writer *w)
{
    uint64_t records = w->committed_records - w->keep.records;

    w->keep.records = w->committed_records;
    if (records > BUSY_RECORDS)
        w->keep.busy_us = world_ticks_us();
    sealer_load(w->sealer, records > BUSY_RECORDS);
}

static void unmerge(struct writer *w)
{
    int64_t until_us = world_ticks_us() + UNMERGE_US;

    while (unmerge_some(w) && world_ticks_us() < until_us)
        ;
}

/* Issues of deleted projects, some at a time. */
static void purge(struct writer *w)
{
    struct db_stmt *q = db_query(w->catalogue, "project_purge");
    struct record_command r = {.name = TEXT("issue.delete"), .time_ms = world_now_ms()};
    struct buf ids, answer;
    uint32_t count = 0;

    if (!q)
        return;
    arena_reset(&w->command_arena);
    buf_init(&ids, &w->command_arena, 512, 64 * KIB);
    buf_init(&answer, &w->command_arena, 512, 64 * KIB);
    json_open(&ids, NULL, '{');
    json_open(&ids, "ids", '[');
    for (; db_step(q) == 1; count++)
        json_int(&ids, NULL, db_col_int(q, 0));
    db_reset(q);
    json_close(&ids, ']');
    json_close(&ids, '}');
    r.args = buf_result(&ids);
    if (!count || db_begin(w->catalogue) != DB_OK)
        return;
    if (command_run(w, &r, &answer) < 400 && db_commit(w->catalogue) == DB_OK) {
        command_settle(w);
    } else {
        command_forget(w);
        db_rollback(w->catalogue);
    }
}

/* What writes the catalogue by itself: never inside a flush. */
static void keep_catalogue(struct writer *w)
{
    struct sealed done;

    while (sealer_next(w->sealer, &done))
        enter(w, &done);
    if (!unmerge_pending(w))
        pack_one(w);
    else
        unmerge(w);
    if (w->keep.seconds % 10 == 1 || w->keep.deleting)
        w->keep.deleting = retain_some(w);
    if (w->keep.seconds % 5 == 2)
        link_feedback(w);
    if (w->keep.seconds % 60 == 3)
        keep_unsealed(w);
    if (w->keep.seconds % 3600 == 5)
        keep_hour(w);
    if (w->keep.seconds % 4 == 1)
        purge(w);
    relearn_some(w, world_ticks_us() + RELEARN_US);
    prune(w);
}

void keep_second(struct writer *w)
{
    struct board *board = w->world->board;

    w->second_us = world_ticks_us();
    w->keep.seconds++;
    atomic_store_explicit(&board->row[BOARD_WRITER].beat_ms, world_now_ms(), memory_order_relaxed);
    retain_guard(w);
    drain_find_rings(w);
    idle_rings(w);
    remove_due(w);
    if (w->keep.seconds % 3600 == 1)
        retain_litter(w);
    measure_load(w);
    retain_figures(w);
    if (!w->stalled && !flush_is_open(w))
        keep_catalogue(w);
    if (!w->stalled)
        keep_spans(w);
    checkpointer_note(w->checkpointer, db_wal_frames(segment_db(w->active.segment)),
                      db_wal_frames(w->catalogue));
}
