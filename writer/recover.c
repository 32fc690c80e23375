#include "writer/recover.h"

#include <stdio.h>
#include <string.h>

#include "proto/block.h"
#include "shm/limits.h"
#include "shm/log.h"
#include "writer/active.h"
#include "writer/bootstrap.h"
#include "writer/context.h"
#include "writer/decide.h"
#include "writer/files.h"
#include "writer/flush.h"
#include "writer/projects.h"
#include "writer/segments.h"
#include "writer/spans.h"
#include "writer/tally.h"

#define CATALOGUE_CACHE_KIB 1024 /* of a flush's upper tree levels; misses are the page cache's */

/* ---- the catalogue ---- */

static int open_catalogue(struct writer *w, const char *path)
{
    struct db_options o = {.mode = DB_CREATE,
                           .full_sync = w->conf->durability_power,
                           .cache_kib = CATALOGUE_CACHE_KIB,
                           .no_autocheckpoint = true};
    int rc = db_open(path, &o, &w->catalogue);

    if (rc == DB_OK)
        rc = db_migrate_catalogue(w->catalogue);
    return rc;
}

int recover_catalogue(struct writer *w)
{
    char path[FILES_PATH_MAX];
    int rc;

    files_catalogue(w->world, path);
    rc = open_catalogue(w, path);
    if (rc == DB_CORRUPT) {
        w->catalogue_lost = true;
        files_set_aside(path, w->catalogue ? db_error(w->catalogue) : "");
        db_close(w->catalogue);
        rc = open_catalogue(w, path);
    }
    if (rc == DB_NEWER) {
        log_error(
            "catalogue.newer",
            "file=\"%s\" reason=\"a later version of quern has worked on it: start that one\"",
            path);
        return rc;
    }
    if (rc != DB_OK) {
        log_error("catalogue.open", "file=\"%s\" error=\"%s\"", path,
                  w->catalogue ? db_error(w->catalogue) : "no memory");
        return rc;
    }
    return bootstrap_if_empty(w);
}

/* ---- issues, hashes, projects ---- */

#define set(word, v) atomic_store_explicit(&(word), (v), memory_order_relaxed)

static bool fill_entry(struct writer *w, struct db_stmt *q)
{
    struct issue_entry *e = writer_issue(w, (uint32_t)db_col_int(q, 0));
    int64_t users = db_col_int(q, 4);

    if (!e)
        return false;
    set(e->project, (uint32_t)db_col_int(q, 1));
    set(e->status, (uint8_t)db_col_int(q, 2));
    set(e->events, (uint64_t)db_col_int(q, 3));
    set(e->users, users > UINT32_MAX ? UINT32_MAX : (uint32_t)users);
    set(e->first_ms, db_col_int(q, 5));
    set(e->last_ms, db_col_int(q, 6));
    set(e->last_seq, (uint64_t)db_col_int(q, 7));
    set(e->release, (uint32_t)db_col_int(q, 8));
    return true;
}

int recover_issue(struct writer *w, uint32_t issue)
{
    struct db_stmt *q = db_query(w->catalogue, "issue_entry");
    int rc;

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, issue);
    if ((rc = db_step(q)) == 1 && !fill_entry(w, q))
        rc = DB_FULL;
    db_reset(q);
    return rc < 0 ? rc : DB_OK;
}

static int fill_entries(struct writer *w, uint32_t *highest)
{
    struct db_stmt *q = db_query(w->catalogue, "issue_entries");
    int rc;

    if (!q)
        return DB_FAIL;
    while ((rc = db_step(q)) == 1) {
        uint32_t id = (uint32_t)db_col_int(q, 0);

        if (!fill_entry(w, q)) {
            rc = DB_FULL;
            break;
        }
        if (id > *highest)
            *highest = id;
    }
    db_reset(q);
    return rc;
}

static int fill_index(struct writer *w)
{
    struct db_stmt *q = db_query(w->catalogue, "hash_all");
    const struct issue_entry *e;
    const uint8_t *hash;
    size_t len;
    int rc;

    if (!q)
        return DB_FAIL;
    while ((rc = db_step(q)) == 1) {
        uint32_t issue = (uint32_t)db_col_int(q, 2);

        hash = db_col_blob(q, 1, &len);
        e = issue_at(w->world->issues, issue);
        /* a hash without its issue: a crash came between the two; its next event makes one */
        if (!hash || len != 16 || !e || !atomic_load_explicit(&e->project, memory_order_relaxed))
            continue;
        if (!decide_point(w, (uint32_t)db_col_int(q, 0), hash, issue)) {
            rc = DB_FULL;
            break;
        }
    }
    db_reset(q);
    return rc;
}

static uint32_t deleted_up_to(struct writer *w)
{
    struct db_stmt *q = db_query(w->catalogue, "issue_high_get");
    uint32_t high = q && db_step(q) == 1 ? (uint32_t)db_col_int(q, 0) : 0;

    if (q)
        db_reset(q);
    return high;
}

int recover_issues(struct writer *w)
{
    uint32_t highest = deleted_up_to(w);
    int rc;

    issue_clear(w->world->issues);
    index_clear(w->world->index);
    if ((rc = projects_publish(w)) != DB_OK || (rc = fill_entries(w, &highest)) != DB_OK ||
        (rc = fill_index(w)) != DB_OK)
        return writer_complain(w->catalogue, "recover.issues", rc);
    w->issue_floor = w->issue_high = highest;
    index_reserve(w->world->index, highest);
    return DB_OK;
}

/* ---- counting again ---- */

struct again { /* one segment, from where the catalogue is */
    struct segment *segment;
    struct arena arena;
    struct block_view view;
    uint64_t view_block;
    uint64_t events, blocks; /* counted */
    uint64_t last_seq, last_block;
};

static bool load(struct again *a, uint64_t block)
{
    const void *data;
    size_t len;

    if (a->view_block == block)
        return a->view.count > 0;
    arena_reset(&a->arena);
    a->view_block = block;
    a->view = (struct block_view){0};
    if (segment_block_data(a->segment, block, &data, &len) != 1 ||
        !block_read((struct text){data, len}, &a->arena, &a->view)) {
        log_error("block.damaged", "file=\"%s\" block=%llu", db_path(segment_db(a->segment)),
                  (unsigned long long)block);
        a->view.count = 0;
    }
    return a->view.count > 0;
}

/* The catalogue was damaged and is a new one: the project comes back under its number, its name and
 * keys are lost. */
static bool restore_project(struct writer *w, uint32_t id)
{
    struct db_stmt *q = db_query(w->catalogue, "project_restore");
    char slug[32];

    snprintf(slug, sizeof(slug), "project-%u", id);
    if (!q)
        return false;
    db_int_at(q, 1, id);
    db_str_at(q, 2, slug, strlen(slug));
    db_int_at(q, 3, world_now_ms());
    if (writer_complain(w->catalogue, "project.restore", db_run(q)) != DB_OK)
        return false;
    log_warn("project.restored", "id=%u slug=%s: its name, settings and keys were lost", id, slug);
    return projects_publish(w) == DB_OK;
}

static int count_event(struct writer *w, const struct segments_row *s, struct again *a,
                       const struct segment_event *row)
{
    struct record_event r;
    struct text body;

    if (!load(a, row->block) || row->slot >= a->view.count)
        return DB_OK; /* told; the row stays, its payload is lost */
    body = a->view.records[row->slot];
    arena_reset(&w->arena);
    if (!record_event_read(body, &w->arena, &r) || !r.hash_count)
        return DB_OK;
    if (!writer_project(w, r.project)) {
        if (!w->catalogue_lost || !restore_project(w, r.project))
            return DB_OK;
        arena_reset(&w->arena); /* publishing has used it: the tags must be read again */
        record_event_read(body, &w->arena, &r);
    }
    r.timestamp_ms = row->timestamp_ms; /* as it was mended */
    if (r.received_ms <= 0)
        r.received_ms = row->timestamp_ms;
    if (!tally_room(w->tally, body.len - r.payload.len, r.tag_count)) {
        int rc;

        /* Events up to here are in; other blocks are still to come. */
        tally_mark(w, s->id, s->tallied_block, row->seq - 1, false);
        if ((rc = flush_all(w)) != DB_OK)
            return rc;
    }
    a->events++;
    return decide_apply(w, &r, row->seq, row->issue) ? DB_OK : DB_FULL;
}

static int count_events(struct writer *w, const struct segments_row *s, struct again *a)
{
    struct segment_event row;
    int rc = segment_events(a->segment, s->tallied_seq);

    a->last_seq = s->tallied_seq;
    while (rc == DB_OK && (rc = segment_next_event(a->segment, &row)) == 1) {
        rc = count_event(w, s, a, &row);
        a->last_seq = row.seq;
    }
    return rc;
}

/* Into the catalogue: events up to the last one, blocks up to the last one. */
static int flush_so_far(struct writer *w, const struct segments_row *s, const struct again *a)
{
    tally_mark(w, s->id, a->last_block, a->last_seq, false);
    return flush_all(w);
}

static void count_record(struct writer *w, uint32_t kind, struct text body)
{
    struct record_feedback f;
    struct record_outcome o;

    if (kind == RECORD_FEEDBACK && record_feedback_read(body, &f))
        tally_feedback(w, &f);
    while (kind == RECORD_OUTCOMES && record_outcome_next(&body, &o))
        tally_outcome(w, &o);
}

/* A flush says up to which block all is counted, so it comes between two of them where it can: were we killed
 * after one in the middle, the block's first records would be counted again. Only a block that is too much
 * for all aggregates together is parted. */
static int count_spans(struct writer *w, const struct segments_row *s, struct again *a,
                       enum record_kind kind)
{
    int rc = DB_OK;

    if (!spans_block_room(w, kind, &a->view))
        rc = flush_so_far(w, s, a);
    for (uint32_t i = 0; rc == DB_OK && i < a->view.count; i++) {
        arena_reset(&w->arena);
        if (spans_count(w, kind, a->view.records[i]))
            continue;
        rc = flush_so_far(w, s, a);
        i--;
    }
    a->blocks++;
    return rc;
}

/* Feedback and outcomes: they have no rows that would say which of them were counted, so a block is
 * counted whole. */
static int count_blocks(struct writer *w, const struct segments_row *s, struct again *a)
{
    struct segment_block b;
    int rc = segment_blocks(a->segment, s->tallied_block);

    a->last_block = s->tallied_block;
    while (rc == DB_OK && (rc = segment_next_block(a->segment, &b)) == 1) {
        rc = DB_OK;
        if ((b.kind == RECORD_FEEDBACK || b.kind == RECORD_OUTCOMES) && load(a, b.id)) {
            if (!tally_room(w->tally, b.raw_bytes + b.records * 256, b.raw_bytes / 40 + 1) &&
                (rc = flush_so_far(w, s, a)) != DB_OK)
                break;
            for (uint32_t i = 0; i < a->view.count; i++)
                count_record(w, b.kind, a->view.records[i]);
            a->blocks++;
        }
        if ((b.kind == RECORD_SPANS || b.kind == RECORD_LOGS) && load(a, b.id) &&
            (rc = count_spans(w, s, a, (enum record_kind)b.kind)) != DB_OK)
            break;
        a->last_block = b.id;
    }
    return rc;
}

static int count_segment(struct writer *w, const struct segments_row *s)
{
    struct again a = {0};
    char path[FILES_PATH_MAX];
    bool whole = s->id != w->active.id;
    int rc;

    files_segment(w->world, s->file, path);
    arena_init(&a.arena, 4 * RECORD_MAX);
    if ((rc = segment_open(path, DB_READ, false, &a.segment)) == DB_OK &&
        (rc = count_events(w, s, &a)) == DB_OK && (rc = count_blocks(w, s, &a)) == DB_OK) {
        if (a.last_seq != s->tallied_seq || a.last_block != s->tallied_block || whole)
            tally_mark(w, s->id, a.last_block, a.last_seq, whole);
        if (a.events || a.blocks)
            log_notice("recover.counted", "file=%s events=%llu blocks=%llu", s->file,
                       (unsigned long long)a.events, (unsigned long long)a.blocks);
    } else if (segment_damaged(a.segment, rc)) {
        log_error("recover.segment", "file=%s error=\"%s\"", s->file,
                  db_error(segment_db(a.segment)));
        rc = DB_OK; /* it is as counted as it can be */
    }
    segment_close(a.segment);
    arena_free(&a.arena);
    return rc;
}

/* ---- recent ids ---- */

static int add_recent(struct writer *w, const struct segments_row *s, uint64_t after)
{
    struct segment_event row;
    struct segment *seg;
    char path[FILES_PATH_MAX];
    int rc;

    files_segment(w->world, s->file, path);
    if ((rc = segment_open(path, DB_READ, false, &seg)) == DB_OK)
        rc = segment_events(seg, after);
    while (rc == DB_OK && (rc = segment_next_event(seg, &row)) == 1) {
        recent_add(w->world->recent, row.project, row.id, row.seq);
        rc = DB_OK;
    }
    if (segment_damaged(seg, rc))
        rc = DB_OK; /* counting it tells */
    segment_close(seg);
    return rc;
}

/* What the table has beyond the database never was; what it lacks is added. */
static int mend_recent(struct writer *w, const struct segments *all)
{
    uint64_t last = w->next_seq - 1, newest, oldest;

    recent_trim(w->world->recent, last);
    newest = recent_newest(w->world->recent);
    oldest = last > RECENT_IDS ? last - RECENT_IDS : 0;
    if (newest >= last)
        return DB_OK;
    for (uint32_t i = 0; i < all->count; i++) {
        const struct segments_row *s = &all->rows[i];
        uint64_t after = newest > oldest ? newest : oldest;
        int rc;

        if ((s->id == w->active.id || s->last_seq > after) &&
            (rc = add_recent(w, s, after)) != DB_OK)
            return rc;
    }
    return DB_OK;
}

int recover_tally(struct writer *w)
{
    struct segments all;
    int rc = segments_list(w, &all);

    if (rc == DB_OK)
        rc = mend_recent(w, &all);
    for (uint32_t i = 0; rc == DB_OK && i < all.count; i++)
        if (!all.rows[i].whole)
            rc = count_segment(w, &all.rows[i]);
    segments_free(&all);
    return rc;
}
