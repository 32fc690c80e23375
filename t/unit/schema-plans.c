/* schema-plans: no statement of schema/query walks through a large table. Each is explained against
 * empty databases with every index there is; a SCAN is a failure unless the table is small by nature,
 * or the file says "-- scan: why". */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/db.h"
#include "schema/sql.h"
#include "t/lib/scratch.h"
#include "t/lib/tap.h"

/* A row each per organisation, project, person, storage file or ring: hundreds, not millions. */
static const char *const SMALL[] = {"org",     "project", "user",    "token", "key",      "segment",
                                    "tallied", "applied", "unmerge", "meta",  "json_each"};

static struct db *open_with(const char *dir, const char *name, bool catalogue)
{
    struct db_options o = {.mode = DB_CREATE};
    char path[512];
    struct db *d;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (db_open(path, &o, &d) != DB_OK)
        return NULL;
    if (catalogue
            ? db_migrate_catalogue(d) != DB_OK
            : db_script(d, "segment-001") != DB_OK || db_script(d, "segment-002-spans") != DB_OK ||
                  db_script(d, "segment-003-sieve") != DB_OK ||
                  db_script(d, "segment-seal") != DB_OK) {
        note("%s: %s", name, db_error(d));
        return NULL;
    }
    return d;
}

static bool is_small(const char *table)
{
    for (size_t i = 0; i < sizeof SMALL / sizeof *SMALL; i++) {
        size_t n = strlen(SMALL[i]);

        if (strncmp(table, SMALL[i], n) == 0 && (table[n] == 0 || table[n] == ' '))
            return true;
    }
    return false;
}

/* The plan speaks of aliases; the statement tells what they stand for: "issue i". */
static bool alias_is_small(const char *alias, const char *sql)
{
    char name[64], pattern[80];
    size_t n = strcspn(alias, " ");

    if (n > sizeof name - 1)
        return false;
    snprintf(name, sizeof name, "%.*s", (int)n, alias);
    if (is_small(name))
        return true;
    for (size_t i = 0; i < sizeof SMALL / sizeof *SMALL; i++) {
        snprintf(pattern, sizeof pattern, " %s %s", SMALL[i], name);
        if (strstr(sql, pattern))
            return true;
        snprintf(pattern, sizeof pattern, " %s AS %s", SMALL[i], name);
        if (strstr(sql, pattern))
            return true;
    }
    return false;
}

static bool excused(const char *name)
{
    char path[256], text[4096];
    FILE *f;
    size_t n;

    snprintf(path, sizeof path, "schema/query/%s.sql", name);
    if (!(f = fopen(path, "r")))
        return false;
    n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    return strstr(text, "-- scan: ") != NULL;
}

/* Steps of a plan that read a table from end to end: "SCAN event", "SCAN event USING INDEX …". What is
 * made within the statement (subqueries, lists, constants) is no table. */
static int scans(struct db_stmt *plan, const char *sql, char *first, size_t room)
{
    int found = 0;

    while (db_step(plan) == 1) {
        const char *detail = db_col_str(plan, 3, NULL);

        if (!detail || strncmp(detail, "SCAN ", 5) != 0)
            continue;
        detail += 5;
        if (strncmp(detail, "CONSTANT", 8) == 0 || *detail == '(' ||
            strncmp(detail, "SUBQUERY", 8) == 0 || alias_is_small(detail, sql))
            continue;
        if (found++ == 0)
            snprintf(first, room, "%s", detail);
    }
    return found;
}

static bool is_query(const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "schema/query/%s.sql", name);
    return access(path, R_OK) == 0;
}

static bool explain(struct db *d, const struct sql_text *t, char *said, size_t room, bool *prepared)
{
    char sql[8192];
    struct db_stmt *plan;

    snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", t->text);
    plan = db_adhoc(d, sql);
    *prepared = plan != NULL;
    if (!plan)
        return false;
    return scans(plan, t->text, said, room) == 0 || excused(t->name);
}

int main(void)
{
    const char *dir = scratch() < 0 ? NULL : scratch_path;
    struct db *catalogue = dir ? open_with(dir, "quern.db", true) : NULL;
    struct db *segment = dir ? open_with(dir, "day.db", false) : NULL;
    int seen = 0;

    if (!ok(catalogue && segment, "a catalogue and a sealed segment"))
        return done_testing();
    for (unsigned i = 0; i < sql_text_count; i++) {
        const struct sql_text *t = &sql_texts[i];
        char said[256] = "";
        bool here, there, good;

        if (!is_query(t->name))
            continue;
        seen++;
        good = explain(catalogue, t, said, sizeof said, &here);
        if (!here)
            good = explain(segment, t, said, sizeof said, &there);
        if (!ok(good, "%s: no scan", t->name))
            note("%s", here || there ? said : db_error(catalogue));
    }
    ok(seen > 50, "%d statements were looked at", seen);
    db_close(catalogue);
    db_close(segment);
    return done_testing();
}
