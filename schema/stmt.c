/* stmt.c -- statements: found by the name of their file or by their text, bound, stepped, read. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/db_parts.h"

static int by_name(const void *name, const void *text)
{
    return strcmp(name, ((const struct sql_text *)text)->name);
}

const struct sql_text *db_text(const char *name)
{
    return bsearch(name, sql_texts, sql_text_count, sizeof(*sql_texts), by_name);
}

void db_forget(struct db_stmt *s)
{
    sqlite3_finalize(s->at);
    free(s->sql);
    *s = (struct db_stmt){0};
}

static bool prepare(struct db *d, struct db_stmt *s, const char *sql, const char *name,
                    unsigned flags)
{
    int rc = sqlite3_prepare_v3(d->at, sql, -1, flags, &s->at, NULL);

    if (rc != SQLITE_OK || !s->at) {
        db_fail(d, rc, name);
        return false;
    }
    s->db = d;
    s->name = name;
    return true;
}

struct db_stmt *db_query(struct db *d, const char *name)
{
    const struct sql_text *text = db_text(name);
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
        db_out_of_memory(d);
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
    db_forget(oldest);
    if (!(oldest->sql = strdup(sql))) {
        db_out_of_memory(d);
        return NULL;
    }
    if (!prepare(d, oldest, oldest->sql, oldest->sql, 0)) {
        db_forget(oldest);
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
    rc = db_fail(s->db, rc, s->name);
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
