/* The SQLite access layer: scripts, kept statements, error codes, reading a WAL file read-only. */
#include "schema/db.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/sql.h"
#include "t/lib/tap.h"

static char dir[] = "/tmp/quern-schema-XXXXXX";

static const char *path(const char *name)
{
    static char p[2][256];
    static int turn;

    turn = !turn;
    snprintf(p[turn], sizeof(p[turn]), "%s/%s", dir, name);
    return p[turn];
}

static struct db *opened(const char *name, enum db_mode mode)
{
    struct db_options o = {.mode = mode, .full_sync = true, .no_autocheckpoint = true};
    struct db *d;
    int rc = db_open(path(name), &o, &d);

    if (rc != DB_OK)
        note("%s: %s", name, db_error(d));
    return rc == DB_OK ? d : NULL;
}

static void test_migrations(void)
{
    struct db *d = opened("quern.db", DB_CREATE);

    ok(d != NULL, "a catalogue is made");
    is_int(db_migrate_catalogue(d), DB_OK, "it migrates");
    is_int(db_migrate_catalogue(d), DB_OK, "and once is enough");
    db_exec(d, "PRAGMA user_version=999");
    is_int(db_migrate_catalogue(d), DB_NEWER, "one of a later version is refused");
    db_close(d);
    d = opened("segment.db", DB_CREATE);
    for (unsigned i = 0; i < sql_text_count; i++)
        if (strncmp(sql_texts[i].name, "segment-0", 9) == 0)
            is_int(db_script(d, sql_texts[i].name), DB_OK, "%s makes a segment", sql_texts[i].name);
    is_int(db_script(d, "segment-seal"), DB_OK, "and sealed");
    is_int(db_script(d, "segment-seal"), DB_OK, "sealing again changes nothing");
    db_close(d);
}

/* A file that was restored under another owner: whole, but not ours to open. */
static void test_permission(void)
{
    struct db_options o = {.mode = DB_READ};
    uid_t me = geteuid();
    struct db *d = opened("mine.db", DB_CREATE);

    db_exec(d, "CREATE TABLE t (a)");
    db_close(d);
    chmod(path("mine.db"), 0);
    if (me == 0 && seteuid(65534) != 0)
        note("cannot be another user");
    is_int(db_open(path("mine.db"), &o, &d), DB_READONLY, "a file that may not be opened");
    ok(!db_damaged(d), "… is not taken for damaged");
    ok(strstr(db_error(d), "Permission denied") != NULL, "… and it says so: %s", db_error(d));
    db_close(d);
    if (me == 0 && seteuid(0) != 0)
        note("cannot be root again");
    chmod(path("mine.db"), 0600);
}

static int64_t number(struct db *d, const char *sql)
{
    struct db_stmt *s = db_adhoc(d, sql);

    return s && db_step(s) == 1 ? db_col_int(s, 0) : -1;
}

/* A folder of the version before: what it counted is in the hours only. */
static void test_quarters(void)
{
    struct db *d = opened("new.db", DB_CREATE);

    db_migrate_catalogue(d);
    is_int(number(d, "SELECT value FROM meta WHERE key = 'quarters_from'"), 1,
           "quarters of days are whole in a new catalogue");
    db_close(d);
    d = opened("old.db", DB_CREATE);
    for (unsigned i = 0; i < sql_text_count; i++)
        if (strncmp(sql_texts[i].name, "00", 2) == 0 && sql_texts[i].name[2] < '6')
            db_script(d, sql_texts[i].name);
    db_exec(d,
            "PRAGMA user_version=5; INSERT INTO red_hour VALUES (1, 1, 0, '', 1, 0, 1, x'0000')");
    is_int(db_migrate_catalogue(d), DB_OK, "one of version 5 migrates");
    is_int(number(d, "SELECT value * 6 > unixepoch() / 3600 + 24 FROM meta WHERE key = "
                     "'quarters_from'"),
           1, "its quarters are whole from tomorrow on");
    db_close(d);
}

static void test_statements(void)
{
    struct db *d = opened("rows.db", DB_CREATE);
    struct db_stmt *s;
    size_t len;

    is_int(db_exec(d, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c BLOB)"), DB_OK,
           "SQL text runs");
    is_int(db_begin(d), DB_OK, "begin");
    ok((s = db_adhoc(d, "INSERT INTO t VALUES (:a, :b, :c)")) != NULL, "prepared");
    db_int(s, "a", 7);
    db_str(s, "b", "x\0y", 3);
    db_blob(s, "c", "", 0);
    is_int(db_run(s), DB_OK, "a row goes in");
    is_int(db_last_id(d), 7, "its id is known");
    is_int(db_changes(d), 1, "one row changed");
    is_int(db_commit(d), DB_OK, "commit");
    ok(db_wal_frames(d) > 0, "the commit says how long the WAL is");

    s = db_adhoc(d, "SELECT a, b, c, NULL FROM t");
    is_int(db_step(s), 1, "it comes back");
    is_int(db_col_int(s, 0), 7, "the integer");
    ok(db_col_str(s, 1, &len) && len == 3, "the text, with its NUL byte");
    ok(db_col_blob(s, 2, &len) && len == 0, "an empty blob is not an absent one");
    ok(!db_col_blob(s, 3, &len) && db_col_null(s, 3), "NULL is absent");
    is_int(db_step(s), 0, "and that was all");

    s = db_adhoc(d, "SELECT a FROM t WHERE a = :a");
    db_int(s, "nobody", 7);
    ok(db_step(s) < 0, "binding a name that is not there is an error, not a silent NULL");
    ok(db_adhoc(d, "SELEC") == NULL && strstr(db_error(d), "syntax"), "bad SQL gives no statement");
    ok(db_query(d, "no_such_query") == NULL, "an unknown query gives no statement");

    for (int i = 0; i < 3 * DB_ADHOC_MAX; i++) {
        char sql[64];

        snprintf(sql, sizeof(sql), "SELECT a + %d FROM t", i);
        s = db_adhoc(d, sql);
        if (!s || db_step(s) != 1 || db_col_int(s, 0) != 7 + i)
            break;
        db_reset(s);
        if (i == 3 * DB_ADHOC_MAX - 1)
            ok(true, "more ad hoc statements than are kept");
    }
    db_rollback(d);
    ok(!db_in_transaction(d), "rollback without a transaction is harmless");
    db_close(d);
}

static void test_read_only(void)
{
    struct db *w = opened("both.db", DB_CREATE), *r;
    struct db_stmt *s;
    int left = -1;

    db_exec(w, "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    r = opened("both.db", DB_READ);
    ok(r != NULL, "a second connection reads");
    s = db_adhoc(r, "SELECT count(*) FROM t");
    is_int(db_step(s), 1, "a row");
    is_int(db_col_int(s, 0), 1, "what was committed");
    db_exec(w, "INSERT INTO t VALUES (2)");
    is_int(db_col_int(s, 0), 1, "a reader keeps its snapshot");
    db_reset(s);
    is_int(db_step(s), 1, "again");
    is_int(db_col_int(s, 0), 2, "and sees the commit afterwards");
    db_reset(s);
    is_int(db_exec(r, "INSERT INTO t VALUES (3)"), DB_READONLY, "it cannot write");
    is_int(db_checkpoint(w, &left), DB_OK, "checkpoint");
    is_int(left, 0, "nothing is left in the WAL");
    is_int(db_checkpoint_all(w), DB_OK, "and it can be emptied");
    db_close(r);
    db_close(w);

    /* Nobody has it open: the reader makes what WAL needs by itself. */
    r = opened("both.db", DB_READ);
    s = r ? db_adhoc(r, "SELECT count(*) FROM t") : NULL;
    ok(s && db_step(s) == 1 && db_col_int(s, 0) == 2, "a WAL file nobody holds can be read");
    db_close(r);

    w = opened("main%20 ?#.db", DB_CREATE);
    db_exec(w, "CREATE TABLE u (a); INSERT INTO u VALUES (5)");
    r = opened("both.db", DB_READ);
    is_int(db_attach(r, path("main%20 ?#.db"), "other"), DB_OK,
           "attached under a name, odd path and all");
    s = db_adhoc(r, "SELECT a FROM other.u");
    ok(s && db_step(s) == 1 && db_col_int(s, 0) == 5, "and readable");
    db_reset(s);
    is_int(db_detach(r, "other"), DB_OK, "detached");
    db_close(r);
    db_close(w);
}

static void test_damage(void)
{
    struct db *d;
    struct db_options o = {.mode = DB_WRITE};
    char complaint[128];
    int fd = open(path("foreign.db"), O_CREAT | O_WRONLY, 0600);

    for (int i = 0; i < 100; i++)
        if (write(fd, "this is no database at all, is it? ", 35) != 35)
            break;
    close(fd);
    is_int(db_open(path("foreign.db"), &o, &d), DB_CORRUPT, "a foreign file is refused");
    db_close(d);
    o.mode = DB_READ;
    is_int(db_open(path("foreign.db"), &o, &d), DB_CORRUPT, "for reading as well");
    ok(db_damaged(d), "it is the file's fault");
    db_close(d);
    is_int(db_open(path("absent.db"), &o, &d), DB_FAIL, "an absent file is no new one");
    db_close(d);
    d = opened("quern.db", DB_READ);
    is_int(db_check(d, complaint, sizeof(complaint)), DB_OK, "a whole file passes the check");
    db_close(d);
}

/* No descriptors: whoever meant to open a file must not take it for damaged. */
static void test_starved(void)
{
    struct db_options o = {.mode = DB_READ};
    struct rlimit was, none;
    struct db *d;

    getrlimit(RLIMIT_NOFILE, &was);
    none = was;
    none.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &none);
    is_int(db_open(path("quern.db"), &o, &d), DB_STARVED, "no descriptors are left");
    setrlimit(RLIMIT_NOFILE, &was);
    ok(!db_damaged(d), "which is not the file's fault");
    db_close(d);
}

int main(void)
{
    if (!mkdtemp(dir))
        return 1;
    for (unsigned i = 1; i < sql_text_count; i++)
        if (strcmp(sql_texts[i - 1].name, sql_texts[i].name) >= 0)
            ok(false, "%s is out of order", sql_texts[i].name);
    test_migrations();
    test_permission();
    test_quarters();
    test_statements();
    test_read_only();
    test_damage();
    test_starved();
    if (!tap_failed && fork() == 0)
        execlp("rm", "rm", "-rf", dir, (char *)NULL);
    return done_testing();
}
