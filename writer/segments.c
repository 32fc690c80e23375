#include "writer/segments.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/log.h"
#include "writer/active.h"
#include "writer/context.h"
#include "writer/files.h"
#include "writer/retain.h"

/* ---- the catalogue's list ---- */

static void copy(char *to, size_t room, struct db_stmt *q, int column)
{
    const char *s = db_col_str(q, column, NULL);

    snprintf(to, room, "%s", s ? s : "");
}

int segments_list(struct writer *w, struct segments *out)
{
    struct db_stmt *q = db_query(w->catalogue, "segment_list");
    uint32_t room = 0;
    int rc;

    *out = (struct segments){0};
    if (!q)
        return DB_FAIL;
    while ((rc = db_step(q)) == 1) {
        struct segments_row *r;

        if (out->count == room) {
            room = room ? 2 * room : 32;
            if (!(r = realloc(out->rows, room * sizeof(*r)))) {
                rc = DB_FAIL;
                break;
            }
            out->rows = r;
        }
        r = &out->rows[out->count++];
        *r = (struct segments_row){.id = (uint32_t)db_col_int(q, 0),
                                   .day = db_col_int(q, 3),
                                   .first_seq = (uint64_t)db_col_int(q, 4),
                                   .last_seq = (uint64_t)db_col_int(q, 5),
                                   .first_ms = db_col_int(q, 6),
                                   .last_ms = db_col_int(q, 7),
                                   .rows = (uint64_t)db_col_int(q, 8),
                                   .bytes = (uint64_t)db_col_int(q, 9),
                                   .tallied_block = (uint64_t)db_col_int(q, 10),
                                   .tallied_seq = (uint64_t)db_col_int(q, 11),
                                   .whole = db_col_int(q, 12) != 0};
        copy(r->file, sizeof(r->file), q, 1);
        copy(r->state, sizeof(r->state), q, 2);
    }
    db_reset(q);
    return rc;
}

void segments_free(struct segments *s)
{
    free(s->rows);
    *s = (struct segments){0};
}

int segments_insert(struct writer *w, const struct segments_row *r)
{
    struct db_stmt *q = db_query(w->catalogue, "segment_insert");

    if (!q)
        return DB_FAIL;
    db_int(q, "id", r->id);
    db_str(q, "file", r->file, strlen(r->file));
    db_str(q, "state", r->state, strlen(r->state));
    db_int(q, "day", r->day);
    db_int(q, "first_seq", (int64_t)r->first_seq);
    db_int(q, "last_seq", (int64_t)r->last_seq);
    db_int(q, "first_ms", r->first_ms);
    db_int(q, "last_ms", r->last_ms);
    db_int(q, "rows", (int64_t)r->rows);
    db_int(q, "bytes", (int64_t)r->bytes);
    return db_run(q);
}

static int run_id(struct writer *w, const char *name, uint32_t id)
{
    struct db_stmt *q = db_query(w->catalogue, name);

    if (!q)
        return DB_FAIL;
    db_int_at(q, 1, id);
    return db_run(q);
}

int segments_forget(struct writer *w, uint32_t id)
{
    int rc = run_id(w, "segment_delete", id);

    return rc == DB_OK ? run_id(w, "tallied_delete", id) : rc;
}

/* The last one that retention took; ids are not given twice. */
#define LEAVING_KEY "segment_leaving"

int segments_leave(struct writer *w, uint32_t id)
{
    struct db_stmt *q;
    int rc = segments_forget(w, id);

    if (rc != DB_OK)
        return rc;
    if (!(q = db_query(w->catalogue, "meta_set")))
        return DB_FAIL;
    db_str_at(q, 1, LEAVING_KEY, strlen(LEAVING_KEY));
    db_int_at(q, 2, id);
    return db_run(q);
}

static bool is_leaving(struct writer *w, uint32_t id)
{
    struct db_stmt *q = db_query(w->catalogue, "meta_get");
    bool is = false;

    if (!q)
        return false;
    db_str_at(q, 1, LEAVING_KEY, strlen(LEAVING_KEY));
    if (db_step(q) == 1)
        is = db_col_int(q, 0) == id;
    db_reset(q);
    return is;
}

int segments_set_state(struct writer *w, uint32_t id, const char *state, const char *file,
                       uint64_t bytes)
{
    struct db_stmt *q = db_query(w->catalogue, "segment_state");

    if (!q)
        return DB_FAIL;
    db_int(q, "id", id);
    db_str(q, "state", state, strlen(state));
    db_str(q, "file", file, strlen(file));
    db_int(q, "bytes", (int64_t)bytes);
    return db_run(q);
}

/* ---- the folder ---- */

static bool ends_in(const char *name, const char *end)
{
    size_t len = strlen(name), tail = strlen(end);

    return len > tail && strcmp(name + len - tail, end) == 0;
}

/* Killed while an unmerge changed rows of a packed file, or while a new one was turned to WAL: undo what
 * was half done, which those who only read cannot. */
static void roll_back(const char *path)
{
    char journal[FILES_PATH_MAX + 16];
    struct segment_facts facts;
    struct segment *s;

    snprintf(journal, sizeof(journal), "%s-journal", path);
    if (!files_exists(journal))
        return;
    if (segment_reopen(path, &s) == DB_OK)
        segment_facts(s, &facts);
    segment_close(s);
}

/* What a file says about itself. One that is no whole segment is set aside: DB_CORRUPT. When the
 * system refuses to open it (a full disk, no descriptors) nothing is known of it, and we do not start. */
static int look(const char *path, struct segment_facts *facts)
{
    struct segment *s;
    int rc;

    roll_back(path);
    if ((rc = segment_open(path, DB_READ, false, &s)) == DB_OK)
        rc = segment_facts(s, facts);
    if (segment_damaged(s, rc)) {
        files_set_aside(path, db_error(segment_db(s)));
        rc = DB_CORRUPT;
    } else {
        writer_complain(s ? segment_db(s) : NULL, "segment.open", rc);
    }
    segment_close(s);
    return rc;
}

static const struct segments_row *row_of(const struct segments *all, uint32_t id)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (all->rows[i].id == id)
            return &all->rows[i];
    return NULL;
}

static bool knows_file(const struct segments *all, const char *file)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (strcmp(all->rows[i].file, file) == 0)
            return true;
    return false;
}

static int adopt(struct writer *w, const struct segment_facts *f, const char *file,
                 const char *path)
{
    struct segments_row r = {.id = f->id,
                             .state = "sealing",
                             .day = f->day,
                             .first_seq = f->first_seq,
                             .last_seq = f->last_seq,
                             .first_ms = f->day * DAY_MS,
                             .last_ms = f->day * DAY_MS + DAY_MS - 1,
                             .rows = f->rows,
                             .bytes = files_bytes(path)};

    snprintf(r.file, sizeof(r.file), "%.*s", (int)sizeof(r.file) - 1, file);
    return segments_insert(w, &r);
}

/* A file the catalogue does not list: left over from a repacking or a retention that was interrupted, or
 * from a catalogue that is gone. `all`: as it is now, for two files may hold the same segment. */
static int take_in_one(struct writer *w, const struct segments *all, const char *file)
{
    const struct segments_row *row;
    struct segment_facts facts;
    char path[FILES_PATH_MAX], other[FILES_PATH_MAX];
    int rc;

    files_segment(w->world, file, path);
    if ((rc = look(path, &facts)) != DB_OK)
        return rc == DB_CORRUPT ? DB_OK : rc;
    row = row_of(all, facts.id);
    if (!row && is_leaving(w, facts.id)) {
        log_notice("segment.expired", "file=%s events=%llu: it was to go when we were killed", file,
                   (unsigned long long)facts.rows);
        retain_remove(w, path);
        return DB_OK;
    }
    if (row)
        files_segment(w->world, row->file, other);
    if ((row && files_exists(other)) || (!facts.rows && !facts.last_block)) {
        log_notice("segment.left_over", "file=%s removed=yes", file);
        files_remove(path);
        return DB_OK;
    }
    log_warn("segment.found", "file=%s id=%u events=%llu: not in the catalogue, taken in", file,
             facts.id, (unsigned long long)facts.rows);
    if (!row)
        return adopt(w, &facts, file, path);
    return segments_set_state(w, row->id, "sealing", file, files_bytes(path));
}

static int take_in(struct writer *w, const char *file)
{
    struct segments now;
    int rc = segments_list(w, &now);

    if (rc == DB_OK)
        rc = take_in_one(w, &now, file);
    segments_free(&now);
    return rc;
}

static int take_in_all(struct writer *w, const struct segments *all)
{
    char path[FILES_PATH_MAX];
    struct dirent *entry;
    int rc = DB_OK;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/segments", w->world->dir);
    if (!(dir = opendir(path)))
        return DB_FAIL;
    while (rc == DB_OK && (entry = readdir(dir))) {
        if (ends_in(entry->d_name, ".tmp")) {
            files_segment(w->world, entry->d_name, path);
            files_remove(path);
        } else if (ends_in(entry->d_name, ".db") && strlen(entry->d_name) < 64 &&
                   !knows_file(all, entry->d_name)) {
            rc = take_in(w, entry->d_name);
        }
    }
    closedir(dir);
    return rc;
}

/* ---- start ---- */

/* Rows whose files are gone or damaged leave; the others get their ends right. */
static int check_row(struct writer *w, const struct segments_row *row, bool active)
{
    struct segment_facts facts;
    char path[FILES_PATH_MAX];
    struct db_stmt *q;
    int rc;

    files_segment(w->world, row->file, path);
    if (!files_exists(path)) {
        log_error("segment.missing", "file=%s events=%llu", row->file,
                  (unsigned long long)row->rows);
        return segments_forget(w, row->id);
    }
    roll_back(path);
    /* Only what was being written when we were last seen is opened: a thousand segments that have not
     * changed since cost nothing at start. */
    if (strcmp(row->state, "active") != 0)
        return DB_OK;
    if ((rc = look(path, &facts)) != DB_OK)
        return rc == DB_CORRUPT ? segments_forget(w, row->id) : rc;
    if (facts.last_seq >= w->next_seq)
        w->next_seq = facts.last_seq + 1;
    if (active)
        return DB_OK;
    if (!(q = db_query(w->catalogue, "segment_adopt")))
        return DB_FAIL;
    db_int(q, "id", row->id);
    db_str(q, "file", row->file, strlen(row->file));
    db_str(q, "state", "sealing", 7);
    db_int(q, "last_seq", (int64_t)facts.last_seq);
    db_int(q, "rows", (int64_t)facts.rows);
    db_int(q, "bytes", (int64_t)files_bytes(path));
    return db_run(q);
}

static int check_rows(struct writer *w, const struct segments *all)
{
    uint32_t active = 0;
    int rc = DB_OK;

    for (uint32_t i = 0; i < all->count; i++)
        if (strcmp(all->rows[i].state, "active") == 0)
            active = all->rows[i].id; /* the newest of them */
    for (uint32_t i = 0; rc == DB_OK && i < all->count; i++) {
        if (all->rows[i].last_seq >= w->next_seq)
            w->next_seq = all->rows[i].last_seq + 1;
        if (all->rows[i].tallied_seq >= w->next_seq) /* even if its file is lost: issues name it */
            w->next_seq = all->rows[i].tallied_seq + 1;
        if (all->rows[i].first_seq > w->next_seq) /* begun, and nothing in it */
            w->next_seq = all->rows[i].first_seq;
        rc = check_row(w, &all->rows[i], all->rows[i].id == active);
    }
    return rc;
}

static int begin_active(struct writer *w)
{
    struct segments all;
    int rc = segments_list(w, &all);

    for (uint32_t i = 0; rc == DB_OK && i < all.count; i++) {
        if (strcmp(all.rows[i].state, "active") == 0) {
            rc = active_open(w, all.rows[i].file);
            if (rc == DB_OK)
                w->active.first_ms = all.rows[i].first_ms;
        }
    }
    segments_free(&all);
    if (rc == DB_OK && !w->active.segment)
        rc = active_create(w);
    return rc;
}

int segments_recover(struct writer *w)
{
    struct segments all;
    int rc;

    w->next_seq = 1;
    if ((rc = segments_list(w, &all)) == DB_OK && (rc = db_begin(w->catalogue)) == DB_OK) {
        if ((rc = take_in_all(w, &all)) == DB_OK) {
            segments_free(&all);
            rc = segments_list(w, &all);
        }
        if (rc == DB_OK && (rc = check_rows(w, &all)) == DB_OK)
            rc = db_commit(w->catalogue);
        if (rc != DB_OK)
            db_rollback(w->catalogue);
    }
    segments_free(&all);
    if (rc != DB_OK)
        return writer_complain(w->catalogue, "recover.segments", rc);
    return begin_active(w);
}
