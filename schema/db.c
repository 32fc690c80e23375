/* db.c -- a connection: its errors, opening and closing, transactions, the WAL, files beside it. */
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/db_parts.h"

#define WAL_KEEP "83886080" /* bytes of an empty WAL file: what it grows to under load, and some */
/* Readers may meet a WAL that is being recovered; nobody waits longer than this. */
#define BUSY_MS 5000

/* ---- errors ---- */

/* A full disk shows itself as SQLITE_FULL, or as an I/O error with one of these behind it (quota,
 * file size limit, room for the WAL index); a lack of descriptors, or of the right to open it, as a file
 * that cannot be opened. */
static int code_of_errno(int system_errno)
{
    switch (system_errno) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return DB_FULL;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        return DB_STARVED;
    case EACCES:
    case EPERM:
    case EROFS:
        return DB_READONLY;
    default:
        return DB_FAIL;
    }
}

static int code_of(struct db *d, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
        return DB_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return DB_BUSY;
    case SQLITE_FULL:
        return DB_FULL;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return DB_READONLY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return DB_CORRUPT;
    case SQLITE_NOMEM:
        return DB_STARVED;
    case SQLITE_IOERR:
        /* Of a write that failed SQLite tells no errno to be relied on; it can be tried again. So can a
         * failed fsync, and only so: the kernel holds its pages for clean now, and another fsync would
         * say that all is well, but the transaction that is tried again writes each of them anew. */
        if (rc == SQLITE_IOERR_WRITE || rc == SQLITE_IOERR_SHMSIZE || rc == SQLITE_IOERR_TRUNCATE ||
            rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)
            return DB_FULL;
        /* fall through */
    case SQLITE_CANTOPEN:
        return code_of_errno(d->at ? sqlite3_system_errno(d->at) : ENOMEM);
    default:
        return DB_FAIL;
    }
}

int db_fail(struct db *d, int rc, const char *doing)
{
    int code = code_of(d, rc);

    if (d->at && (rc & 0xff) == SQLITE_CANTOPEN) /* its own text does not say why */
        snprintf(d->error, sizeof(d->error), "%s: %s (%d)", doing,
                 strerror(sqlite3_system_errno(d->at)), rc);
    else
        snprintf(d->error, sizeof(d->error), "%s: %s (%d)", doing,
                 d->at ? sqlite3_errmsg(d->at) : sqlite3_errstr(rc), rc);
    d->code = code == DB_OK ? DB_FAIL : code;
    return d->code;
}

void db_out_of_memory(struct db *d)
{
    d->code = DB_STARVED;
    snprintf(d->error, sizeof(d->error), "out of memory");
}

const char *db_error(const struct db *d)
{
    return d->error;
}

bool db_damaged(const struct db *d)
{
    return d->code == DB_FAIL || d->code == DB_CORRUPT;
}

const char *db_path(const struct db *d)
{
    return d->path;
}

/* ---- open and close ---- */

static int count_frames(void *own, sqlite3 *at, const char *schema, int frames)
{
    struct db *d = own;

    (void)at;
    (void)schema;
    d->wal_frames = frames;
    return SQLITE_OK;
}

static int set_up(struct db *d, const struct db_options *o)
{
    char sql[256];
    int rc;

    sqlite3_extended_result_codes(d->at, 1);
    sqlite3_busy_timeout(d->at, BUSY_MS);
    /* The last one to close a file would otherwise checkpoint it, at a moment not of our choosing.
     */
    sqlite3_db_config(d->at, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    /* Statements are ours, not a stranger's; still, no function of SQL may reach the file system.
     */
    sqlite3_db_config(d->at, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    snprintf(sql, sizeof(sql), "PRAGMA cache_size=-%d; PRAGMA temp_store=%s;",
             o->cache_kib > 0 ? o->cache_kib : 512, o->sort_on_disk ? "FILE" : "MEMORY");
    if ((rc = db_exec(d, sql)) != DB_OK)
        return rc;
    if (o->mode ==
        DB_READ) /* reads the header: a foreign file is told now, not at the first query */
        return db_exec(d, "PRAGMA schema_version");
    if (o->as_is)
        return db_set_sync(d, o->full_sync);
    if (o->bulk)
        return db_exec(d, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF");
    /* A WAL that a long read made large would stay so: it is cut when it starts anew. */
    if ((rc = db_exec(d, "PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=" WAL_KEEP)) !=
            DB_OK ||
        (rc = db_set_sync(d, o->full_sync)) != DB_OK)
        return rc;
    if (o->no_autocheckpoint) {
        sqlite3_wal_autocheckpoint(d->at, 0);
        sqlite3_wal_hook(d->at, count_frames,
                         d); /* both use the one hook there is: this comes last */
    }
    return DB_OK;
}

/* Sorted in memory at a time, at least: of large pages SQLite's 250 are 2 MB. */
#define SORT_PAGES 64

/* Nobody asks SQLite how much memory it uses; counting takes a lock at each allocation. */
static void configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_PMASZ, SORT_PAGES);
}

int db_open(const char *path, const struct db_options *o, struct db **out)
{
    static const int flags[] = {
        [DB_READ] = SQLITE_OPEN_READONLY,
        [DB_WRITE] = SQLITE_OPEN_READWRITE,
        [DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
    };
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct db *d = calloc(1, sizeof(*d));
    int rc;

    pthread_once(&once, configure);
    *out = d; /* even when it fails, so that the caller can ask for the text */
    if (!d)
        return DB_STARVED;
    d->kept = calloc(sql_text_count + 1, sizeof(*d->kept));
    d->path = strdup(path);
    if (!d->kept || !d->path) {
        db_out_of_memory(d);
        return DB_STARVED;
    }
    rc = sqlite3_open_v2(
        path, &d->at,
        flags[o->mode] | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc != SQLITE_OK)
        return db_fail(d, rc, "open");
    return set_up(d, o);
}

void db_close(struct db *d)
{
    if (!d)
        return;
    for (unsigned i = 0; d->kept && i < sql_text_count; i++) {
        if (d->kept[i]) {
            db_forget(d->kept[i]);
            free(d->kept[i]);
        }
    }
    for (unsigned i = 0; i < DB_ADHOC_MAX; i++)
        db_forget(&d->adhoc[i]);
    sqlite3_close(d->at);
    free(d->kept);
    free(d->path);
    free(d);
}

int db_set_sync(struct db *d, bool full)
{
    return db_exec(d, full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
}

/* ---- scripts ---- */

int db_exec(struct db *d, const char *sql)
{
    int rc = sqlite3_exec(d->at, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? DB_OK : db_fail(d, rc, "exec");
}

int db_script(struct db *d, const char *name)
{
    const struct sql_text *known = db_text(name);

    return db_exec(d, known ? known->text : name);
}

int db_begin(struct db *d)
{
    return db_exec(d, "BEGIN IMMEDIATE");
}

int db_commit(struct db *d)
{
    return db_exec(d, "COMMIT");
}

void db_rollback(struct db *d)
{
    /* SQLite has rolled back by itself after some errors; a ROLLBACK then would be another error */
    if (!sqlite3_get_autocommit(d->at))
        sqlite3_exec(d->at, "ROLLBACK", NULL, NULL, NULL);
}

bool db_in_transaction(const struct db *d)
{
    return !sqlite3_get_autocommit(d->at);
}

static int checkpoint(struct db *d, int how, int *left)
{
    int frames = 0, done = 0;
    int rc = sqlite3_wal_checkpoint_v2(d->at, "main", how, &frames, &done);

    if (left)
        *left = frames > 0 ? frames - done : 0;
    return rc == SQLITE_OK ? DB_OK : db_fail(d, rc, "checkpoint");
}

int db_checkpoint(struct db *d, int *left)
{
    return checkpoint(d, SQLITE_CHECKPOINT_PASSIVE, left);
}

int db_checkpoint_all(struct db *d)
{
    return checkpoint(d, SQLITE_CHECKPOINT_TRUNCATE, NULL);
}

int db_wal_frames(const struct db *d)
{
    return d->wal_frames;
}

int64_t db_last_id(const struct db *d)
{
    return sqlite3_last_insert_rowid(d->at);
}

int db_changes(const struct db *d)
{
    return sqlite3_changes(d->at);
}

/* ---- attach ---- */

/* A path as a URI: what has a meaning there is escaped. */
static bool uri_of(const char *path, const char *query, char *out, size_t room)
{
    size_t n = (size_t)snprintf(out, room, "file:");

    for (; *path; path++) {
        bool plain = (*path >= 'a' && *path <= 'z') || (*path >= 'A' && *path <= 'Z') ||
                     (*path >= '0' && *path <= '9') || strchr("/._-", *path);
        int m = snprintf(out + n, room - n, plain ? "%c" : "%%%02X", (unsigned char)*path);

        if (m < 0 || (n += (size_t)m) >= room)
            return false;
    }
    return (size_t)snprintf(out + n, room - n, "?%s", query) < room - n;
}

int db_attach(struct db *d, const char *path, const char *as)
{
    char uri[8192], sql[128];
    struct db_stmt *s;

    if (!uri_of(path, "mode=ro", uri, sizeof(uri))) {
        snprintf(d->error, sizeof(d->error), "attach: path too long");
        return DB_FAIL;
    }
    snprintf(sql, sizeof(sql), "ATTACH ?1 AS %.32s", as);
    if (!(s = db_adhoc(d, sql)))
        return DB_FAIL;
    db_str_at(s, 1, uri, strlen(uri));
    return db_run(s);
}

int db_detach(struct db *d, const char *as)
{
    char sql[128];

    snprintf(sql, sizeof(sql), "DETACH %.32s", as);
    return db_exec(d, sql);
}

int db_check(struct db *d, char *complaint, size_t room)
{
    struct db_stmt *s = db_adhoc(d, "PRAGMA quick_check(1)");
    size_t len = 0;
    const char *said;
    int rc;

    snprintf(complaint, room, "%s", "");
    if (!s || (rc = db_step(s)) != 1) {
        snprintf(complaint, room, "%s", d->error);
        return DB_CORRUPT;
    }
    said = db_col_str(s, 0, &len);
    rc = said && strcmp(said, "ok") == 0 ? DB_OK : DB_CORRUPT;
    if (rc != DB_OK)
        snprintf(complaint, room, "%s", said ? said : "no answer");
    db_reset(s);
    return rc;
}
