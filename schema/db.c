/* db.c -- the one home of sqlite3.h. */
#include "schema/db.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/sql.h"

#define WAL_KEEP "83886080" /* bytes of an empty WAL file: what it grows to under load, and some */
/* Readers may meet a WAL that is being recovered; nobody waits longer than this. */
#define BUSY_MS 5000

struct db_stmt {
    struct db *db;
    sqlite3_stmt *at;
    const char *name; /* of the query file; for ad hoc ones their SQL */
    char *sql;        /* ad hoc: own copy of the text */
    uint64_t used;    /* ad hoc: when, for throwing out the oldest */
    bool unknown; /* a name was bound that the statement does not have: our mistake, told at step */
};

struct db {
    sqlite3 *at;
    char *path;
    struct db_stmt **kept; /* beside sql_texts */
    struct db_stmt adhoc[DB_ADHOC_MAX];
    uint64_t clock;
    int wal_frames;
    int code; /* DB_*, of the last error */
    char error[512];
};

/* ---- errors ---- */

/* A full disk shows itself as SQLITE_FULL, or as an I/O error with one of these behind it (quota,
 * file size limit, room for the WAL index); a lack of descriptors as a file that cannot be opened. */
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

static int fail(struct db *d, int rc, const char *doing)
{
    int code = code_of(d, rc);

    snprintf(d->error, sizeof(d->error), "%s: %s (%d)", doing,
             d->at ? sqlite3_errmsg(d->at) : sqlite3_errstr(rc), rc);
    d->code = code == DB_OK ? DB_FAIL : code;
    return d->code;
}

static void out_of_memory(struct db *d)
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
        out_of_memory(d);
        return DB_STARVED;
    }
    rc = sqlite3_open_v2(
        path, &d->at,
        flags[o->mode] | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc != SQLITE_OK)
        return fail(d, rc, "open");
    return set_up(d, o);
}

static void forget(struct db_stmt *s)
{
    sqlite3_finalize(s->at);
    free(s->sql);
    *s = (struct db_stmt){0};
}

void db_close(struct db *d)
{
    if (!d)
        return;
    for (unsigned i = 0; d->kept && i < sql_text_count; i++) {
        if (d->kept[i]) {
            forget(d->kept[i]);
            free(d->kept[i]);
        }
    }
    for (unsigned i = 0; i < DB_ADHOC_MAX; i++)
        forget(&d->adhoc[i]);
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

static int by_name(const void *name, const void *text)
{
    return strcmp(name, ((const struct sql_text *)text)->name);
}

static const struct sql_text *text_named(const char *name)
{
    return bsearch(name, sql_texts, sql_text_count, sizeof(*sql_texts), by_name);
}

int db_exec(struct db *d, const char *sql)
{
    int rc = sqlite3_exec(d->at, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? DB_OK : fail(d, rc, "exec");
}

int db_script(struct db *d, const char *name)
{
    const struct sql_text *known = text_named(name);

    return db_exec(d, known ? known->text : name);
}

static int user_version(struct db *d, int *out)
{
    struct db_stmt *s = db_adhoc(d, "PRAGMA user_version");
    int rc = s ? db_step(s) : DB_FAIL;

    if (rc == 1)
        *out = (int)db_col_int(s, 0);
    if (s)
        db_reset(s);
    return rc == 1 ? DB_OK : rc ? rc : DB_FAIL;
}

/* The number of a migration ("001-catalogue" → 1); 0: not one. */
static int migration_number(const char *name)
{
    for (int i = 0; i < 3; i++)
        if (name[i] < '0' || name[i] > '9')
            return 0;
    return name[3] == '-' ? atoi(name) : 0;
}

static int migrate(struct db *d, const struct sql_text *to, int number)
{
    char pragma[64];
    int rc;

    snprintf(pragma, sizeof(pragma), "PRAGMA user_version=%d", number);
    if ((rc = db_begin(d)) != DB_OK)
        return rc;
    if ((rc = db_exec(d, to->text)) != DB_OK || (rc = db_exec(d, pragma)) != DB_OK ||
        (rc = db_commit(d)) != DB_OK) {
        db_rollback(d);
        return rc;
    }
    return DB_OK;
}

int db_migrate_catalogue(struct db *d)
{
    int have = 0, rc = user_version(d, &have);

    /* sql_texts is sorted by name, hence by number */
    for (unsigned i = 0; rc == DB_OK && i < sql_text_count; i++) {
        int number = migration_number(sql_texts[i].name);

        if (number > have)
            rc = migrate(d, &sql_texts[i], number);
    }
    return rc;
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
    return rc == SQLITE_OK ? DB_OK : fail(d, rc, "checkpoint");
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

/* ---- statements ---- */

static bool prepare(struct db *d, struct db_stmt *s, const char *sql, const char *name,
                    unsigned flags)
{
    int rc = sqlite3_prepare_v3(d->at, sql, -1, flags, &s->at, NULL);

    if (rc != SQLITE_OK || !s->at) {
        fail(d, rc, name);
        return false;
    }
    s->db = d;
    s->name = name;
    return true;
}

struct db_stmt *db_query(struct db *d, const char *name)
{
    const struct sql_text *text = text_named(name);
    struct db_stmt **kept, *s;

    if (!text) {
        snprintf(d->error, sizeof(d->error), "%s: no such query", name);
        return NULL;
    }
    kept = &d->kept[text - sql_texts];
    if (*kept) {
        db_reset(*kept);
        return *kept;
    }
    if (!(s = calloc(1, sizeof(*s)))) {
        out_of_memory(d);
        return NULL;
    }
    if (!prepare(d, s, text->text, text->name, SQLITE_PREPARE_PERSISTENT)) {
        free(s);
        return NULL;
    }
    return *kept = s;
}

struct db_stmt *db_adhoc(struct db *d, const char *sql)
{
    struct db_stmt *oldest = &d->adhoc[0];

    for (unsigned i = 0; i < DB_ADHOC_MAX; i++) {
        struct db_stmt *s = &d->adhoc[i];

        if (s->sql && strcmp(s->sql, sql) == 0) {
            s->used = ++d->clock;
            db_reset(s);
            return s;
        }
        if (s->used < oldest->used)
            oldest = s;
    }
    forget(oldest);
    if (!(oldest->sql = strdup(sql))) {
        out_of_memory(d);
        return NULL;
    }
    if (!prepare(d, oldest, oldest->sql, oldest->sql, 0)) {
        forget(oldest);
        return NULL;
    }
    oldest->used = ++d->clock;
    return oldest;
}

static int place(struct db_stmt *s, const char *name)
{
    char colon[64];
    int at;

    snprintf(colon, sizeof(colon), ":%s", name);
    if (!(at = sqlite3_bind_parameter_index(s->at, colon)))
        s->unknown = true;
    return at;
}

void db_int(struct db_stmt *s, const char *name, int64_t v)
{
    sqlite3_bind_int64(s->at, place(s, name), v);
}

void db_real(struct db_stmt *s, const char *name, double v)
{
    sqlite3_bind_double(s->at, place(s, name), v);
}

static void bind_str(struct db_stmt *s, int at, const char *bytes, size_t len, void (*keep)(void *))
{
    if (bytes)
        sqlite3_bind_text64(s->at, at, bytes, len, keep, SQLITE_UTF8);
    else
        sqlite3_bind_null(s->at, at);
}

static void bind_blob(struct db_stmt *s, int at, const void *bytes, size_t len,
                      void (*keep)(void *))
{
    if (bytes)
        sqlite3_bind_blob64(s->at, at, bytes, len, keep);
    else
        sqlite3_bind_null(s->at, at);
}

void db_str(struct db_stmt *s, const char *name, const char *at, size_t len)
{
    bind_str(s, place(s, name), at, len, SQLITE_TRANSIENT);
}

void db_blob(struct db_stmt *s, const char *name, const void *at, size_t len)
{
    bind_blob(s, place(s, name), at, len, SQLITE_TRANSIENT);
}

void db_blob_static(struct db_stmt *s, const char *name, const void *at, size_t len)
{
    bind_blob(s, place(s, name), at, len, SQLITE_STATIC);
}

void db_null(struct db_stmt *s, const char *name)
{
    sqlite3_bind_null(s->at, place(s, name));
}

void db_int_at(struct db_stmt *s, int at, int64_t v)
{
    sqlite3_bind_int64(s->at, at, v);
}

void db_str_at(struct db_stmt *s, int at, const char *bytes, size_t len)
{
    bind_str(s, at, bytes, len, SQLITE_TRANSIENT);
}

void db_blob_at(struct db_stmt *s, int at, const void *bytes, size_t len)
{
    bind_blob(s, at, bytes, len, SQLITE_TRANSIENT);
}

void db_blob_static_at(struct db_stmt *s, int at, const void *bytes, size_t len)
{
    bind_blob(s, at, bytes, len, SQLITE_STATIC);
}

void db_str_static_at(struct db_stmt *s, int at, const char *bytes, size_t len)
{
    bind_str(s, at, bytes, len, SQLITE_STATIC);
}

void db_null_at(struct db_stmt *s, int at)
{
    sqlite3_bind_null(s->at, at);
}

int db_step(struct db_stmt *s)
{
    int rc;

    if (s->unknown) {
        snprintf(s->db->error, sizeof(s->db->error), "%s: bound a name it does not have", s->name);
        return DB_FAIL;
    }
    rc = sqlite3_step(s->at);
    if (rc == SQLITE_ROW)
        return 1;
    if (rc == SQLITE_DONE)
        return 0;
    rc = fail(s->db, rc, s->name);
    sqlite3_reset(s->at);
    return rc;
}

int db_run(struct db_stmt *s)
{
    int rc = db_step(s);

    db_reset(s);
    return rc < 0 ? rc : DB_OK;
}

void db_reset(struct db_stmt *s)
{
    sqlite3_reset(s->at);
    sqlite3_clear_bindings(s->at);
    s->unknown = false;
}

int64_t db_col_int(struct db_stmt *s, int column)
{
    return sqlite3_column_int64(s->at, column);
}

double db_col_real(struct db_stmt *s, int column)
{
    return sqlite3_column_double(s->at, column);
}

const char *db_col_str(struct db_stmt *s, int column, size_t *len)
{
    const char *at = (const char *)sqlite3_column_text(s->at, column);

    if (len)
        *len = at ? (size_t)sqlite3_column_bytes(s->at, column) : 0;
    return at;
}

const void *db_col_blob(struct db_stmt *s, int column, size_t *len)
{
    const void *at;

    if (sqlite3_column_type(s->at, column) == SQLITE_NULL) {
        *len = 0;
        return NULL;
    }
    at = sqlite3_column_blob(s->at, column);
    *len = (size_t)sqlite3_column_bytes(s->at, column);
    return at ? at : ""; /* SQLite gives NULL for an empty blob, which is not an absent one */
}

bool db_col_null(struct db_stmt *s, int column)
{
    return sqlite3_column_type(s->at, column) == SQLITE_NULL;
}
