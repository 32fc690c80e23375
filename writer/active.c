#include "writer/active.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shm/log.h"
#include "writer/checkpoint.h"
#include "writer/context.h"
#include "writer/files.h"
#include "writer/seal.h"
#include "writer/segments.h"
#include "writer/spans.h"
#include "writer/tally.h"

#define ENTRIES_MAX (2 * SEGMENT_ROWS_MAX) /* until it is sealed they are looked through */
#define BYTES_SHARE 4 /* of the byte budget: a segment is what retention can take away at once */

static uint32_t next_id(struct writer *w)
{
    struct db_stmt *q = db_query(w->catalogue, "segment_next_id");
    uint32_t id = q && db_step(q) == 1 ? (uint32_t)db_col_int(q, 0) : 1;

    if (q)
        db_reset(q);
    return id;
}

static int insert_row(struct writer *w, const struct segment_facts *f, const char *file,
                      int64_t now_ms)
{
    struct segments_row r = {.id = f->id,
                             .state = "active",
                             .day = f->day,
                             .first_seq = f->first_seq,
                             .first_ms = now_ms,
                             .last_ms = now_ms};

    snprintf(r.file, sizeof(r.file), "%s", file);
    return segments_insert(w, &r);
}

static int end_row(struct writer *w, int64_t now_ms)
{
    const struct active *a = &w->active;
    struct db_stmt *q = db_query(w->catalogue, "segment_end");
    char path[FILES_PATH_MAX];

    if (!q)
        return DB_FAIL;
    files_segment(w->world, a->file, path);
    db_int(q, "id", a->id);
    db_int(q, "last_seq", (int64_t)(w->next_seq - 1));
    db_int(q, "first_ms", a->first_ms);
    db_int(q, "last_ms", now_ms);
    db_int(q, "rows", (int64_t)a->rows);
    db_int(q, "bytes", (int64_t)files_bytes(path));
    return db_run(q);
}

/* The catalogue goes from the old one to the new one in one step. */
static int change_rows(struct writer *w, const struct segment_facts *f, const char *file)
{
    int64_t now_ms = world_now_ms();
    int rc;

    if ((rc = db_set_sync(w->catalogue, w->conf->durability_power)) != DB_OK ||
        (rc = db_begin(w->catalogue)) != DB_OK)
        return rc;
    if (w->active.segment)
        rc = end_row(w, now_ms);
    if (rc == DB_OK && (rc = insert_row(w, f, file, now_ms)) == DB_OK)
        rc = db_commit(w->catalogue);
    if (rc != DB_OK)
        db_rollback(w->catalogue);
    return rc;
}

static void adopt(struct writer *w, struct segment *s, const struct segment_facts *f,
                  const char *file, int64_t first_ms)
{
    w->active = (struct active){.segment = s,
                                .id = f->id,
                                .day = f->day,
                                .first_seq = f->first_seq,
                                .next_block = f->last_block + 1,
                                .rows = f->rows,
                                .first_ms = first_ms};
    snprintf(w->active.file, sizeof(w->active.file), "%s", file);
    if (w->checkpointer) {
        char path[FILES_PATH_MAX];

        files_segment(w->world, file, path);
        checkpointer_watch(w->checkpointer, path);
    }
    spans_begin_segment(w);
}

int active_open(struct writer *w, const char *file)
{
    char path[FILES_PATH_MAX];
    struct segment_facts facts;
    struct segment *s;
    int rc;

    files_segment(w->world, file, path);
    if ((rc = segment_open(path, DB_WRITE, w->conf->durability_power, &s)) == DB_OK &&
        (rc = segment_facts(s, &facts)) == DB_OK) {
        adopt(w, s, &facts, file, world_now_ms());
        return spans_open_segment(w);
    }
    segment_close(s);
    return rc;
}

/* The file comes into being whole, under its name: built beside it, renamed. A crash on the way leaves
 * a .tmp, which the next start removes. */
static int make_file(struct writer *w, const struct segment_facts *facts, const char *path)
{
    char tmp[FILES_PATH_MAX + 8];
    struct segment *s;
    int rc;

    snprintf(tmp, sizeof(tmp), "%s.tmp", path);
    files_remove(tmp);
    rc = segment_create(tmp, facts, SEGMENT_FAST, &s);
    if (rc == DB_OK && w->active.segment)
        rc = segment_hand_on(w->active.segment, s);
    if (rc == DB_OK)
        rc = db_commit(segment_db(s));
    if (rc != DB_OK)
        writer_complain(s ? segment_db(s) : NULL, "segment.create", rc);
    segment_close(s);
    if (rc == DB_OK && (!files_sync(tmp) || rename(tmp, path) == -1 || !files_sync_dir(path))) {
        log_error("segment.create", "file=\"%s\" error=\"%s\"", path, strerror(errno));
        files_remove(path); /* whoever comes next must not take it in */
        rc = DB_FULL;
    }
    if (rc != DB_OK)
        files_remove(tmp);
    return rc;
}

int active_create(struct writer *w)
{
    struct segment_facts facts = {
        .id = next_id(w), .first_seq = w->next_seq, .day = world_now_ms() / DAY_MS};
    char path[FILES_PATH_MAX], file[64];
    struct segment *s = NULL;
    int rc;

    files_name(w->world, facts.day, file, sizeof(file));
    files_segment(w->world, file, path);
    if ((rc = make_file(w, &facts, path)) != DB_OK)
        return rc;
    if ((rc = segment_open(path, DB_WRITE, w->conf->durability_power, &s)) != DB_OK ||
        (rc = change_rows(w, &facts, file)) != DB_OK) {
        writer_complain(s ? segment_db(s) : w->catalogue, "segment.begin", rc);
        segment_close(s);
        files_remove(path);
        return rc;
    }
    adopt(w, s, &facts, file, world_now_ms());
    log_notice("segment.begin", "id=%u file=%s first_seq=%llu", facts.id, file,
               (unsigned long long)facts.first_seq);
    return DB_OK;
}

void active_close(struct writer *w)
{
    segment_close(w->active.segment);
    w->active.segment = NULL;
}

static uint64_t rows_max(const struct writer *w)
{
    uint64_t rows = w->conf->segment_rows;

    return rows && rows < SEGMENT_ROWS_MAX ? rows : SEGMENT_ROWS_MAX;
}

bool active_has_room(const struct writer *w)
{
    return w->active.overdue || w->active.rows + w->batch.event_count < rows_max(w);
}

bool active_is_full(const struct writer *w, bool *urgent)
{
    const struct active *a = &w->active;
    uint64_t limit = rows_max(w), budget = w->conf->retention_bytes;

    *urgent = a->rows >= limit;
    if (!a->rows && !a->attachments && a->next_block == 1)
        return false; /* an empty one can wait, whatever day it was made for */
    if (a->rows >= limit - limit / 8)
        return true; /* a little early, when it costs nobody a wait */
    if (world_now_ms() / DAY_MS != a->day || a->entries >= ENTRIES_MAX)
        return true;
    return budget && a->bytes > budget / BYTES_SHARE;
}

int active_roll(struct writer *w)
{
    struct active old = w->active;
    uint64_t last_seq = w->next_seq - 1;
    int rc;

    if ((rc = active_create(w)) != DB_OK)
        return rc;
    atomic_fetch_add_explicit(&w->world->board->change, 1, memory_order_release);
    tally_mark(w, old.id, old.next_block - 1, last_seq, true);
    segment_close(old.segment);
    if (w->sealer)
        sealer_seal(w->sealer, old.id, old.file);
    return DB_OK;
}
