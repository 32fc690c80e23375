/* db.h -- SQLite, once: open, migrate, prepare by file name, bind, step, read.
 * sqlite3.h stays behind it. Statements (stmt.c) are the files of schema/query/, built into the
 * binary and looked up by base name without ".sql"; one is prepared on first use and kept.
 * One struct db belongs to one thread.
 * Errors     functions return 0 or a negative DB_* code; the text is in db_error(). */
#ifndef QUERN_SCHEMA_DB_H
#define QUERN_SCHEMA_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DB_ADHOC_MAX 16 /* kept ad hoc statements per connection */

struct db;
struct db_stmt;

enum {
    DB_OK = 0,
    DB_FAIL = -1,
    DB_BUSY = -2,
    DB_FULL = -3 /* nothing can be written, now */,
    DB_READONLY = -4,
    DB_CORRUPT = -5,
    DB_STARVED = -6 /* no memory or descriptors are left, now */,
    DB_NEWER = -7 /* a later version made it */
};

enum db_mode { DB_READ, DB_WRITE, DB_CREATE };
struct db_options {
    enum db_mode mode;
    bool full_sync;         /* synchronous=FULL (durability = power), else NORMAL */
    int cache_kib;          /* page cache; 0: 512 */
    bool no_autocheckpoint; /* a thread of its own does it */
    bool sort_on_disk; /* indexes are built in temporary files of SQLITE_TMPDIR, not in memory */
    bool as_is;        /* DB_WRITE: leave the journal mode as the file has it */
    bool bulk; /* DB_CREATE: written in one go, thrown away if that fails: no journal, no syncs, and
                  no WAL afterwards either */
};

/* *out is set even when it fails (for db_error), unless memory ran out: db_close() it either way.
 */
int db_open(const char *path, const struct db_options *o, struct db **out);
/* Never checkpoints: whoever owns the file does that when it suits. */
void db_close(struct db *d);
/* Whether a commit waits for the disk; outside of transactions only. */
int db_set_sync(struct db *d, bool full);
const char *db_error(const struct db *d);
/* Was the last error one of the file itself? False when the system refused (no room, memory or
 * descriptors, a lock, no right to write): then the file may well be whole. */
bool db_damaged(const struct db *d);
const char *db_path(const struct db *d);
/* Run a script of the migrate folder ("001-catalogue"), or SQL text. */
int db_script(struct db *d, const char *name);
int db_exec(struct db *d, const char *sql);
/* Bring the catalogue to the newest migration (PRAGMA user_version). DB_NEWER: it is beyond those
 * that are known here, and was left alone. */
int db_migrate_catalogue(struct db *d);
int db_begin(struct db *d); /* BEGIN IMMEDIATE */
int db_commit(struct db *d);
void db_rollback(struct db *d);
bool db_in_transaction(const struct db *d);
/* Passive checkpoint of the WAL; frames left. */
int db_checkpoint(struct db *d, int *left);
/* All of the WAL into the file, and empty it; DB_BUSY while somebody reads from it. */
int db_checkpoint_all(struct db *d);
/* Frames in the WAL after this connection's last commit (with no_autocheckpoint). */
int db_wal_frames(const struct db *d);
int64_t db_last_id(const struct db *d);
int db_changes(const struct db *d);
/* Attach another file read-only under a schema name; detach it. */
int db_attach(struct db *d, const char *path, const char *as);
int db_detach(struct db *d, const char *as);
/* PRAGMA quick_check; writes the first complaint. */
int db_check(struct db *d, char *complaint, size_t room);

/* The kept statement of that query file, reset, ready to bind. NULL: no such file or bad SQL
 * (logged by the caller through db_error). */
struct db_stmt *db_query(struct db *d, const char *name);
/* A statement over SQL made at run time (issue search); kept by its text, at most DB_ADHOC_MAX. */
struct db_stmt *db_adhoc(struct db *d, const char *sql);
/* Bind by name without the colon ("project"). Texts and blobs are copied unless `_static`. */
void db_int(struct db_stmt *s, const char *name, int64_t v);
void db_real(struct db_stmt *s, const char *name, double v);
void db_str(struct db_stmt *s, const char *name, const char *at,
            size_t len); /* at NULL: SQL NULL */
void db_blob(struct db_stmt *s, const char *name, const void *at, size_t len);
void db_null(struct db_stmt *s, const char *name);
/* By position, 1…, for hot statements. */
void db_int_at(struct db_stmt *s, int at, int64_t v);
void db_str_at(struct db_stmt *s, int at, const char *bytes, size_t len);
void db_blob_at(struct db_stmt *s, int at, const void *bytes, size_t len);
/* Not copied: must live until the statement is reset. */
void db_str_static_at(struct db_stmt *s, int at, const char *bytes, size_t len);
void db_blob_static_at(struct db_stmt *s, int at, const void *bytes, size_t len);
/* 1: a row; 0: done; negative: an error. */
int db_step(struct db_stmt *s);
/* Step a statement that gives no rows, and reset it. 0 or negative. */
int db_run(struct db_stmt *s);
void db_reset(struct db_stmt *s);
/* Columns of the present row; texts and blobs live until the next step. */
int64_t db_col_int(struct db_stmt *s, int column);
const char *db_col_str(struct db_stmt *s, int column, size_t *len); /* NULL for SQL NULL */
const void *db_col_blob(struct db_stmt *s, int column, size_t *len);
bool db_col_null(struct db_stmt *s, int column);

#endif
