/* db_parts.h -- what db.c and stmt.c share of a connection; nobody else includes it. */
#ifndef QUERN_SCHEMA_DB_PARTS_H
#define QUERN_SCHEMA_DB_PARTS_H

#include "schema/db.h"
#include "schema/sql.h"

struct db_stmt {
    struct db *db;
    struct sqlite3_stmt *at;
    const char *name; /* of the query file; for ad hoc ones their SQL */
    char *sql;        /* ad hoc: own copy of the text */
    uint64_t used;    /* ad hoc: when, for throwing out the oldest */
    bool unknown; /* a name was bound that the statement does not have: our mistake, told at step */
};

struct db {
    struct sqlite3 *at;
    char *path;
    struct db_stmt **kept; /* beside sql_texts */
    struct db_stmt adhoc[DB_ADHOC_MAX];
    uint64_t clock;
    int wal_frames;
    int code; /* DB_*, of the last error */
    char error[512];
};

/* Note what SQLite said; the DB_* code of it, never DB_OK. */
int db_fail(struct db *d, int rc, const char *doing);
void db_out_of_memory(struct db *d);
/* NULL: no such file. */
const struct sql_text *db_text(const char *name);
/* Finalise a statement and leave its place empty. */
void db_forget(struct db_stmt *s);

#endif
