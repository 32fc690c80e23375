/* migrate.c -- bringing the catalogue to its newest form: schema/migrate/NNN-*.sql, in order. */
#include <stdio.h>
#include <stdlib.h>

#include "schema/db.h"
#include "schema/sql.h"

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
    int have = 0, newest = 0, rc = user_version(d, &have);

    /* sql_texts is sorted by name, hence by number */
    for (unsigned i = 0; rc == DB_OK && i < sql_text_count; i++) {
        int number = migration_number(sql_texts[i].name);

        if (number > have)
            rc = migrate(d, &sql_texts[i], number);
        newest = number > newest ? number : newest;
    }
    return rc == DB_OK && have > newest ? DB_NEWER : rc;
}
