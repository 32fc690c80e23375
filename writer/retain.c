#include "writer/retain.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "shm/log.h"
#include "writer/context.h"
#include "writer/files.h"
#include "writer/keep.h"
#include "writer/seal.h"
#include "writer/segments.h"

#define put(word, v) atomic_store_explicit(&(word), (v), memory_order_relaxed)
#define get(word) atomic_load_explicit(&(word), memory_order_relaxed)

/* ---- figures ---- */

static uint64_t total_bytes(const struct writer *w, const struct segments *all)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < all->count; i++)
        bytes += all->rows[i].id == w->active.id ? w->active.bytes : all->rows[i].bytes;
    return bytes;
}

void retain_figures(struct writer *w)
{
    struct index_load index = index_size(w->world->index);
    struct board *board = w->world->board;
    struct segments all;
    char path[FILES_PATH_MAX];

    files_segment(w->world, w->active.file, path);
    w->active.bytes = files_bytes(path);
    files_catalogue(w->world, path);
    put(board->catalogue_bytes, files_bytes(path));
    put(board->index_slots, index.slots);
    put(board->index_used, index.used);
    put(board->retention_days, w->conf->retention_days);
    put(board->retention_bytes, w->conf->retention_bytes);
    put(board->min_free_bytes, w->conf->min_free_bytes);
    if (segments_list(w, &all) == DB_OK) {
        put(board->segments, all.count);
        put(board->segment_bytes, total_bytes(w, &all));
        put(board->oldest_ms, all.count ? all.rows[0].first_ms : 0);
    }
    segments_free(&all);
}

/* ---- the guard ---- */

void retain_guard(struct writer *w)
{
    struct board *board = w->world->board;
    uint64_t least = w->conf->min_free_bytes, free_bytes;
    bool full = get(board->disk_full), now_full;
    struct statvfs disk;

    if (statvfs(w->world->dir, &disk) != 0)
        return;
    free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    put(board->free_bytes, free_bytes);
    /* up at the limit, down a tenth above it: no flapping; and never down while commits fail */
    now_full = free_bytes < least || (full && (free_bytes < least + least / 10 || w->stalled));
    if (now_full == full)
        return;
    put(board->disk_full, now_full);
    if (now_full)
        log_error("disk.full", "free_bytes=%llu min_free_bytes=%llu: new data is refused",
                  (unsigned long long)free_bytes, (unsigned long long)least);
    else
        log_notice("disk.room", "free_bytes=%llu: taking data in again",
                   (unsigned long long)free_bytes);
}

/* ---- leaving ---- */

/* Room is taken from the oldest; what is too old leaves even if an older one stays, for its end was told by a
 * clock that was ahead. */
static bool must_leave(const struct writer *w, const struct segments *all,
                       const struct segments_row *r)
{
    int64_t age_ms = (int64_t)w->conf->retention_days * DAY_MS;

    if (age_ms && r->last_ms < world_now_ms() - age_ms)
        return true;
    return r == all->rows && w->conf->retention_bytes &&
           total_bytes(w, all) > w->conf->retention_bytes;
}

/* Its large attachments lie in files of their own. */
static void remove_attachments(struct writer *w, const char *path)
{
    struct segment *s;
    struct db_stmt *q;

    if (segment_open(path, DB_READ, false, &s) == DB_OK &&
        (q = db_query(segment_db(s), "attachment_files"))) {
        while (db_step(q) == 1) {
            size_t len;
            const char *file = db_col_str(q, 0, &len);

            if (file)
                files_remove_attachment(w->world, file, len);
        }
        db_reset(q);
    }
    segment_close(s);
}

void retain_remove(struct writer *w, const char *path)
{
    remove_attachments(w, path); /* which only the file knows of */
    files_remove(path);
    files_sync_dir(path); /* the next one to leave makes the catalogue forget this one */
}

#define LITTER_AGE_S 3600 /* no worker takes that long to write a file */

static bool is_litter(int dir_fd, const char *name)
{
    size_t len = strlen(name);
    struct stat st;

    return len > 4 && strcmp(name + len - 4, ".tmp") == 0 &&
           fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           (int64_t)st.st_mtime < world_now_ms() / 1000 - LITTER_AGE_S;
}

void retain_litter(struct writer *w)
{
    char path[FILES_PATH_MAX];
    struct dirent *entry;
    unsigned removed = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/attachments", w->world->dir);
    if (!(dir = opendir(path)))
        return;
    while ((entry = readdir(dir)))
        if (is_litter(dirfd(dir), entry->d_name))
            removed += unlinkat(dirfd(dir), entry->d_name, 0) == 0;
    closedir(dir);
    if (removed)
        log_notice("attachments.litter", "removed=%u", removed);
}

static void leave(struct writer *w, const struct segments_row *r)
{
    char path[FILES_PATH_MAX];
    int rc;

    files_segment(w->world, r->file, path);
    keep_leave(w, r->id);
    /* Durable, so that no catalogue of after a power cut looks for a file that is gone. */
    if ((rc = db_set_sync(w->catalogue, true)) == DB_OK && (rc = db_begin(w->catalogue)) == DB_OK) {
        if ((rc = segments_leave(w, r->id)) == DB_OK)
            rc = db_commit(w->catalogue);
        if (rc != DB_OK)
            db_rollback(w->catalogue);
    }
    if (writer_complain(w->catalogue, "retention", rc) != DB_OK)
        return;
    atomic_fetch_add_explicit(&w->world->board->change, 1, memory_order_release);
    retain_remove(w, path);
    log_notice("segment.expired", "file=%s events=%llu bytes=%llu", r->file,
               (unsigned long long)r->rows, (unsigned long long)r->bytes);
}

bool retain_some(struct writer *w)
{
    struct segments all;
    bool left = false;

    if (!w->conf->retention_days && !w->conf->retention_bytes)
        return false;
    if (segments_list(w, &all) == DB_OK) {
        for (uint32_t i = 0; i < all.count && !left; i++) {
            const struct segments_row *r = &all.rows[i];

            /* Only whole ones that nobody works on; the active one never. */
            left = r->id != w->active.id && r->whole && must_leave(w, &all, r) &&
                   !(w->sealer && sealer_has(w->sealer, r->id));
            if (left)
                leave(w, r);
        }
    }
    segments_free(&all);
    return left;
}
