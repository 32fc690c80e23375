#include "writer/unmerge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/block.h"
#include "shm/log.h"
#include "writer/context.h"
#include "writer/files.h"
#include "writer/flush.h"
#include "writer/flush_parts.h"
#include "writer/listed.h"
#include "writer/recover.h"
#include "writer/seal.h"
#include "writer/segments.h"
#include "writer/tally.h"

#define STEP 500     /* events at a time: some 50 ms, between two batches */
#define FROM_MAX 256 /* issues merged into one, whose events are looked through */

struct job {
    int64_t id;
    uint32_t from, to;
    uint64_t last_seq, done_seq;
    struct text hashes;        /* JSON list of first halves */
    uint32_t issues[FROM_MAX]; /* `from`, and what was merged into it */
    uint32_t issue_count;
};

struct found { /* an event to be moved */
    uint64_t seq, block;
    int64_t timestamp_ms;
    uint32_t slot;
};

/* ---- the job ---- */

static struct text hash_list(struct arena *a, const uint8_t *hashes, size_t len)
{
    struct buf b;

    buf_init(&b, a, 512, 64 * KIB);
    json_open(&b, NULL, '[');
    for (size_t i = 0; i + 16 <= len; i += 16)
        json_int(&b, NULL, segment_hash(hashes + i));
    json_close(&b, ']');
    return buf_result(&b);
}

static void find_issues(struct writer *w, struct job *j)
{
    struct db_stmt *q = db_query(w->catalogue, "issue_children");

    j->issues[0] = j->from;
    j->issue_count = 1;
    if (!q)
        return;
    db_int_at(q, 1, j->from);
    while (j->issue_count < FROM_MAX && db_step(q) == 1)
        j->issues[j->issue_count++] = (uint32_t)db_col_int(q, 0);
    db_reset(q);
}

/* The oldest job, its texts in the command arena. False: there is none. */
static bool next_job(struct writer *w, struct job *j)
{
    struct db_stmt *q = db_query(w->catalogue, "unmerge_next");
    const void *hashes;
    size_t len;
    bool some;

    if (!q)
        return false;
    if ((some = db_step(q) == 1)) {
        hashes = db_col_blob(q, 3, &len);
        j->id = db_col_int(q, 0);
        j->from = (uint32_t)db_col_int(q, 1);
        j->to = (uint32_t)db_col_int(q, 2);
        j->hashes = hash_list(&w->command_arena, hashes ? hashes : "", len);
        j->last_seq = (uint64_t)db_col_int(q, 4);
        j->done_seq = (uint64_t)db_col_int(q, 5);
    }
    db_reset(q);
    return some;
}

bool unmerge_pending(struct writer *w)
{
    struct job j;

    arena_reset(&w->command_arena);
    return next_job(w, &j);
}

/* ---- 1: which events ---- */

static int compare(const void *a, const void *b)
{
    uint64_t x = ((const struct found *)a)->seq, y = ((const struct found *)b)->seq;

    return (x > y) - (x < y);
}

/* The first STEP of them after done_seq; *up_to: all up to there are among them. */
static int find_events(struct writer *w, struct segment *s, const struct job *j, uint64_t end,
                       struct found *out, uint32_t *count, uint64_t *up_to)
{
    struct found *all =
        arena_alloc(&w->command_arena, (size_t)STEP * j->issue_count * sizeof(*all));
    uint32_t n = 0;
    int rc = DB_OK;

    if (!all)
        return DB_FAIL;
    for (uint32_t i = 0; rc == DB_OK && i < j->issue_count; i++) {
        struct db_stmt *q = db_query(segment_db(s), "unmerge_events");

        if (!q)
            return DB_FAIL;
        db_int_at(q, 1, j->issues[i]);
        db_int_at(q, 2, (int64_t)j->done_seq);
        db_int_at(q, 3, (int64_t)end);
        db_str_at(q, 4, j->hashes.at, j->hashes.len);
        db_int_at(q, 5, STEP);
        while ((rc = db_step(q)) == 1)
            all[n++] = (struct found){.seq = (uint64_t)db_col_int(q, 0),
                                      .block = (uint64_t)db_col_int(q, 1),
                                      .slot = (uint32_t)db_col_int(q, 2),
                                      .timestamp_ms = db_col_int(q, 3)};
        db_reset(q);
    }
    qsort(all, n, sizeof(*all), compare);
    *count = n < STEP ? n : STEP;
    memcpy(out, all, *count * sizeof(*out));
    *up_to = n < STEP ? end : out[STEP - 1].seq;
    return rc;
}

/* ---- 2: their figures ---- */

/* False: the aggregates have no room for it now. */
static bool count_one(struct writer *w, struct segment *s, const struct job *j,
                      const struct found *f, struct arena *unpacked)
{
    struct record_event r;
    struct text body;
    const void *data;
    size_t len;

    arena_reset(unpacked);
    arena_reset(&w->arena);
    if (segment_block_data(s, f->block, &data, &len) != 1 ||
        !block_read_one((struct text){data, len}, f->slot, unpacked, &body) ||
        !record_event_read(body, &w->arena, &r))
        return true; /* damaged: the row moves, its figures are not known any more */
    if (!tally_room(w->tally, body.len - r.payload.len, r.tag_count))
        return false;
    r.timestamp_ms = f->timestamp_ms;
    tally_event(w, &r, f->seq, j->to, false);
    return true;
}

static int run_pair(struct writer *w, const char *name, int64_t a, int64_t b)
{
    struct db_stmt *q = db_query(w->catalogue, name);

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, a);
    if (b >= 0) /* else it has one parameter only */
        db_int_at(q, 2, b);
    return db_run(q);
}

static int take_number(struct writer *w, const char *name, uint32_t from, const struct tally_row *r)
{
    struct db_stmt *q = db_query(w->catalogue, name);

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, from);
    db_int_at(q, 2, r->id2);
    db_int_at(q, 3, r->n);
    return db_run(q);
}

static int take_release(struct writer *w, struct tally_generation *g, uint32_t from,
                        uint32_t project, const struct tally_row *r)
{
    struct db_stmt *q = db_query(w->catalogue, "take_release");
    struct text environment = tally_row_b(g, r);

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, from);
    db_int_at(q, 2, flush_release(g, project, tally_row_a(g, r)));
    db_str_at(q, 3, environment.at, environment.len);
    db_int_at(q, 4, r->n);
    return db_run(q);
}

static int take_tag(struct writer *w, struct tally_generation *g, uint32_t from,
                    const struct tally_row *r)
{
    struct text key = tally_row_a(g, r), value = tally_row_b(g, r);
    struct db_stmt *q = db_query(w->catalogue, "take_tag");
    int rc;

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, from);
    db_str_at(q, 2, key.at, key.len);
    db_str_at(q, 3, value.at, value.len);
    db_int_at(q, 4, r->n);
    if ((rc = db_run(q)) != DB_OK || !(q = db_query(w->catalogue, "take_tag_key")))
        return rc ? rc : DB_FAIL;
    db_int_at(q, 1, from);
    db_str_at(q, 2, key.at, key.len);
    db_int_at(q, 3, r->n);
    return db_run(q);
}

/* What was added to one issue is taken from the other: the very same rows. */
static int take_row(struct writer *w, struct tally_generation *g, uint32_t from, uint32_t project,
                    const struct tally_row *r)
{
    switch ((enum tally_table)r->table) {
    case TALLY_ISSUE_HOUR:
        return take_number(w, "take_hour", from, r);
    case TALLY_ISSUE_DAY:
        return take_number(w, "take_day", from, r);
    case TALLY_ISSUE_RELEASE:
        return take_release(w, g, from, project, r);
    case TALLY_ISSUE_TAG:
        return take_tag(w, g, from, r);
    default:
        return DB_OK;
    }
}

static int take_empty(struct writer *w, uint32_t from)
{
    static const char *const names[] = {"take_hour_empty", "take_day_empty", "take_release_empty",
                                        "take_tag_empty"};
    int rc = DB_OK;

    for (size_t i = 0; rc == DB_OK && i < sizeof(names) / sizeof(*names); i++)
        rc = run_pair(w, names[i], from, -1);
    return rc;
}

static int write_rows(struct writer *w, struct tally_generation *g, const struct job *j)
{
    struct flush_group group = {0};
    struct tally_issue *i = g->issue_count ? &g->issues[0] : NULL;
    int rc = DB_OK;

    for (uint32_t r = 0; rc == DB_OK && r < g->row_count; r++)
        if (g->rows[r].table == TALLY_RELEASE_PROJECT)
            rc = flush_release_find(w, g, &g->rows[r]);
    if (rc == DB_OK && i && (rc = flush_issue(w, g, i)) == DB_OK &&
        (rc = flush_users(w, i)) == DB_OK)
        rc = run_pair(w, "take_issue", j->from, i->events);
    for (uint32_t r = 0; rc == DB_OK && r < g->row_count; r++)
        if ((rc = flush_row(w, g, &group, &g->rows[r])) == DB_OK)
            rc = take_row(w, g, j->from, i->project, &g->rows[r]);
    return rc == DB_OK ? flush_group_end(w, &group) : rc;
}

/* *up_to: in, where these events end; out, where those end that were counted. */
static int count_them(struct writer *w, struct segment *s, const struct job *j,
                      const struct found *f, uint32_t count, uint64_t *up_to)
{
    struct tally_generation *g = w->tally->filling;
    struct arena unpacked;
    int rc;

    g->issue_only = true;
    arena_init(&unpacked, 4 * RECORD_MAX);
    for (uint32_t i = 0; i < count; i++) {
        if (!count_one(w, s, j, &f[i], &unpacked)) {
            *up_to = f[i].seq - 1;
            break;
        }
    }
    arena_free(&unpacked);
    if ((rc = db_set_sync(w->catalogue, true)) == DB_OK && (rc = db_begin(w->catalogue)) == DB_OK) {
        if ((rc = write_rows(w, g, j)) == DB_OK && (rc = take_empty(w, j->from)) == DB_OK &&
            (rc = run_pair(w, "unmerge_done", j->id, (int64_t)*up_to)) == DB_OK)
            rc = db_commit(w->catalogue);
        if (rc != DB_OK)
            db_rollback(w->catalogue);
    }
    tally_clear(g);
    listed_clear(w->tally->listed);
    return writer_complain(w->catalogue, "unmerge", rc);
}

/* ---- 3: their rows ---- */

static int move_rows(struct segment *s, const struct job *j, uint64_t up_to)
{
    struct db *d = segment_db(s);
    int rc = db_begin(d);

    for (uint32_t i = 0; rc == DB_OK && i < j->issue_count; i++) {
        struct db_stmt *q = db_query(d, "unmerge_move");

        if (!q) {
            rc = DB_FAIL;
            break;
        }
        db_int_at(q, 1, j->issues[i]);
        db_int_at(q, 2, j->to);
        db_int_at(q, 3, (int64_t)up_to);
        db_str_at(q, 4, j->hashes.at, j->hashes.len);
        rc = db_run(q);
    }
    if (rc == DB_OK)
        rc = db_commit(d);
    if (rc != DB_OK)
        db_rollback(d);
    return writer_complain(d, "unmerge.move", rc);
}

/* ---- the end of a job: where the two issues begin and end now ---- */

struct ends {
    uint64_t first_seq, last_seq;
    int64_t first_ms, last_ms;
};

static void widen(struct writer *w, const struct segments_row *row, uint32_t issue, struct ends *e)
{
    struct segment *s;
    struct db_stmt *q;
    char path[FILES_PATH_MAX];

    files_segment(w->world, row->file, path);
    if (segment_open(path, DB_READ, false, &s) == DB_OK &&
        (q = db_query(segment_db(s), "unmerge_ends"))) {
        db_int_at(q, 1, issue);
        if (db_step(q) == 1 && !db_col_null(q, 0)) {
            if (!e->first_seq) {
                e->first_seq = (uint64_t)db_col_int(q, 0);
                e->first_ms = db_col_int(q, 1);
            }
            e->last_seq = (uint64_t)db_col_int(q, 2);
            e->last_ms = db_col_int(q, 3);
        }
        db_reset(q);
    }
    segment_close(s);
}

/* Events in the active segment are not looked for: the issue's entry knows the newest of them. */
static int set_ends(struct writer *w, const struct segments *all, uint32_t issue)
{
    const struct issue_entry *entry = issue_at(w->world->issues, issue);
    uint64_t newest = entry ? atomic_load_explicit(&entry->last_seq, memory_order_relaxed) : 0;
    struct ends e = {0};
    struct db_stmt *q;

    for (uint32_t i = 0; i < all->count; i++)
        if (all->rows[i].id != w->active.id)
            widen(w, &all->rows[i], issue, &e);
    if (newest >= w->active.first_seq) {
        e.last_seq = newest;
        e.last_ms = atomic_load_explicit(&entry->last_ms, memory_order_relaxed);
        if (!e.first_seq) {
            e.first_seq = newest;
            e.first_ms = atomic_load_explicit(&entry->first_ms, memory_order_relaxed);
        }
    }
    if (!e.first_seq) /* no event is left of it */
        return DB_OK;
    if (!(q = db_query(w->catalogue, "unmerge_set_ends")))
        return DB_FAIL;
    db_int_at(q, 1, issue);
    db_int_at(q, 2, (int64_t)e.first_seq);
    db_int_at(q, 3, (int64_t)e.last_seq);
    db_int_at(q, 4, e.first_ms);
    db_int_at(q, 5, e.last_ms);
    return db_run(q);
}

static void finish(struct writer *w, const struct segments *all, const struct job *j)
{
    int rc = db_begin(w->catalogue);

    if (rc == DB_OK)
        rc = set_ends(w, all, j->to);
    for (uint32_t i = 0; rc == DB_OK && i < j->issue_count; i++)
        rc = set_ends(w, all, j->issues[i]);
    if (rc == DB_OK && (rc = run_pair(w, "unmerge_delete", j->id, -1)) == DB_OK)
        rc = db_commit(w->catalogue);
    if (rc != DB_OK)
        db_rollback(w->catalogue);
    if (writer_complain(w->catalogue, "unmerge.finish", rc) != DB_OK)
        return;
    recover_issue(w, j->to);
    for (uint32_t i = 0; i < j->issue_count; i++)
        recover_issue(w, j->issues[i]);
    states_clear(w->states);
    atomic_fetch_add_explicit(&w->world->board->change, 1, memory_order_release);
    log_notice("unmerge.done", "from=%u to=%u", j->from, j->to);
}

/* ---- a step ---- */

/* The segment to go on in: NULL: none is left. */
static const struct segments_row *next_segment(const struct segments *all, const struct job *j)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (all->rows[i].first_seq <= j->last_seq &&
            (all->rows[i].last_seq > j->done_seq || !all->rows[i].last_seq))
            return &all->rows[i];
    return NULL;
}

static bool has_indexes(const struct segments_row *r)
{
    return strcmp(r->state, "sealed") == 0 || strcmp(r->state, "packed") == 0;
}

static int step(struct writer *w, const struct segments_row *row, const struct job *j)
{
    struct found *found = arena_alloc(&w->command_arena, STEP * sizeof(*found));
    uint64_t up_to = 0, end = row->last_seq < j->last_seq ? row->last_seq : j->last_seq;
    char path[FILES_PATH_MAX];
    struct segment *s;
    uint32_t count;
    int rc;

    files_segment(w->world, row->file, path);
    if ((rc = segment_reopen(path, &s)) == DB_OK && found &&
        (rc = find_events(w, s, j, end, found, &count, &up_to)) == DB_OK) {
        if (up_to == end)
            up_to = row->last_seq;
        if ((rc = count_them(w, s, j, found, count, &up_to)) == DB_OK &&
            (rc = move_rows(s, j, up_to < j->last_seq ? up_to : j->last_seq)) == DB_OK)
            db_checkpoint(segment_db(s), NULL);
    }
    segment_close(s);
    return rc;
}

/* The first look of this process at a job: the last one may have been killed between counting events
 * and moving their rows. */
static void move_again(struct writer *w, const struct segments *all, const struct job *j)
{
    struct segment *s;
    char path[FILES_PATH_MAX];

    for (uint32_t i = 0; i < all->count; i++) {
        const struct segments_row *r = &all->rows[i];

        if (r->first_seq > j->done_seq || r->last_seq < j->done_seq)
            continue;
        files_segment(w->world, r->file, path);
        if (segment_reopen(path, &s) == DB_OK)
            move_rows(s, j, j->done_seq < j->last_seq ? j->done_seq : j->last_seq);
        segment_close(s);
    }
}

bool unmerge_some(struct writer *w)
{
    const struct segments_row *row;
    struct segments all;
    struct job j;
    bool more = false;

    if (flush_all(w) != DB_OK)
        return false;
    arena_reset(&w->command_arena);
    if (!next_job(w, &j))
        return false;
    find_issues(w, &j);
    if (segments_list(w, &all) == DB_OK) {
        if (w->keep.unmerging != j.id)
            move_again(w, &all, &j);
        w->keep.unmerging = j.id;
        row = next_segment(&all, &j);
        if (!row || row->first_seq > j.last_seq)
            finish(w, &all, &j);
        else if (has_indexes(row) && !(w->sealer && sealer_has(w->sealer, row->id)))
            more = step(w, row, &j) == DB_OK;
        else if (row->id == w->active.id && j.last_seq < w->active.first_seq)
            finish(w, &all, &j);
    }
    segments_free(&all);
    return more;
}
