/* Spans and log records in the writer: blocks and their marks, entry rows, rates and durations, calls
 * between services, duplicates; the same after kill -9, sealing and packing. */
#include "model/latency.h"
#include "model/marks.h"
#include "model/trace.h"
#include "proto/block.h"
#include "t/lib/span_kit.h"

#define TRACES 40

static char active[160]; /* file of the segment that is written */

static void find_active(struct kit *k)
{
    snprintf(active, sizeof active, "segments/%s",
             kit_string(k, "SELECT file FROM segment WHERE state = 'active'"));
}

static int64_t in_active(struct kit *k, const char *sql)
{
    return kit_number_in(k, active, sql);
}

/* ---- what a bundle leaves ---- */

static void test_rows(struct kit *k, struct span_maker *m)
{
    struct latency l = {0};
    uint32_t spans = kit_put_traces(k, m, TRACES);

    is_int(spans, 8 * TRACES, "a batch of %d traces", TRACES);
    ok(kit_counted(k), "is taken");
    find_active(k);
    is_int(in_active(k, "SELECT count(*) FROM mark WHERE kind = 6"),
           in_active(k, "SELECT count(*) FROM block WHERE kind = 6"), "a mark for each block");
    is_int(in_active(k, "SELECT sum(length(traces)) / 4 FROM mark"), TRACES, "it names the traces");
    is_int(in_active(k, "SELECT count(*) FROM entry"), TRACES, "an entry row for each root span");
    is_int(in_active(k, "SELECT count(*) FROM entry WHERE flags & 2"), TRACES,
           "a root all of them");
    is_int(in_active(k, "SELECT count(DISTINCT operation_id) FROM entry"),
           in_active(k, "SELECT count(*) FROM operation"), "operations of entry spans alone");
    is_int(in_active(k, "SELECT min(kind = 2 AND service = 'shop-0' AND name LIKE 'GET /api/%') "
                        "FROM operation"),
           1, "under their names");
    is_int(kit_number(k, SPANS_COUNTED("red_minute")), spans, "spans per minute");
    is_int(kit_number(k, SPANS_COUNTED("red_hour")), spans, "per hour");
    is_int(kit_number(k, SPANS_COUNTED("red_quarter")), spans, "per quarter of a day");
    is_int(kit_number(k, "SELECT count(*) FROM red_minute WHERE length(sketch) < 4"), 0,
           "with a sketch each");
    is_int(kit_number(k, "SELECT sum(calls) FROM red_minute r JOIN operation o ON o.id = "
                         "r.operation_id WHERE o.entry = 1"),
           TRACES, "units of work apart");
    is_int(kit_number(k, "SELECT count(*) FROM service WHERE name = 'shop-0'"), 1, "one service");
    is_int(kit_number(k, "SELECT count(*) FROM operation WHERE name = 'SELECT items' AND kind = 3"),
           1, "operations of calls, too");
    is_int(kit_number(k, "SELECT count(*) FROM red_minute r JOIN release v ON v.id = r.release_id "
                         "WHERE v.version = 'shop-0@2.14.3'"),
           kit_number(k, "SELECT count(*) FROM red_minute"), "by release");
    is_int(kit_number(k, "SELECT sum(calls) FROM red_minute r JOIN operation o ON o.id = "
                         "r.operation_id WHERE o.entry = 2 AND o.name = ''"),
           TRACES, "and under their service");
    is_int(kit_number(k, "SELECT count(*) FROM red_hour WHERE environment <> 'production'"), 0,
           "by environment");
    is_int(
        kit_number(k, "SELECT count(*) FROM environment WHERE name = 'production' AND events = 0"),
        1, "which is known from now on");
    is_int(kit_number(k, "SELECT sum(calls) FROM edge_minute em JOIN edge e ON e.id = em.edge_id "
                         "WHERE e.caller = 'shop-0' AND e.callee = 'shop' "
                         "AND e.environment = 'production'"),
           5 * TRACES, "calls of the database");
    is_int(kit_number(k, "SELECT sum(calls) FROM edge_minute em JOIN edge e ON e.id = em.edge_id "
                         "WHERE e.caller = 'user' AND e.callee = 'shop-0'"),
           TRACES, "calls from outside");
    is_int(
        kit_number(k, "SELECT sum(quantity) FROM outcome WHERE category = 'span' AND outcome = 0"),
        spans, "each is accounted for");
    latency_free(&l);
}

static void test_logs(struct kit *k, struct span_maker *m)
{
    kit_put_logs(k, m, 100);
    ok(kit_counted(k), "log records");
    is_int(in_active(k, "SELECT count(*) FROM mark WHERE kind = 7"), 1, "a block and its mark");
    is_int(in_active(k, "SELECT length(traces) / 4 FROM mark WHERE kind = 7"), 100,
           "with their traces");
    is_int(kit_number(k, "SELECT sum(quantity) FROM outcome WHERE category = 'log_item'"), 100,
           "accounted for");
    is_int(kit_number(k, "SELECT sum(records) FROM log_minute l JOIN service s ON s.id = "
                         "l.service_id WHERE s.name = 'shop-0'"),
           100, "counted per minute");
    is_int(kit_number(k, "SELECT sum(records) FROM log_hour WHERE environment = ''"), 100,
           "per hour");
    is_int(kit_number(k, "SELECT sum(records) FROM log_minute WHERE level = 1"), 20,
           "by level: 100 of severity 1, 2 … 24, 1 …: 20 of 1 to 4");
    is_int(kit_number(k, "SELECT sum(records) FROM log_minute WHERE level = 6"), 16,
           "16 of 21 to 24");
}

/* ---- twice ---- */

static struct text last;
static void keep_record(void *own, struct text record)
{
    last = record;
}

static void test_duplicates(struct kit *k, struct span_maker *m)
{
    struct arena a;
    struct text again;
    int64_t before = kit_number(k, SPANS_COUNTED("red_minute")), blocks;

    arena_init(&a, 4 * MIB);
    span_kit_pack(maker_batch(m, 3, &a), world_now_ms(), &a, keep_record, NULL);
    again = last;
    kit_put(k, 0, RECORD_SPANS, again);
    ok(kit_counted(k), "three traces");
    blocks = in_active(k, "SELECT count(*) FROM block WHERE kind = 6");
    kit_put(k, 1, RECORD_SPANS, again);
    ok(kit_counted(k), "come again");
    is_int(kit_number(k, SPANS_COUNTED("red_minute")), before + 24, "counted once");
    is_int(in_active(k, "SELECT count(*) FROM block WHERE kind = 6"), blocks, "stored once");
    is_int(kit_number(k, "SELECT quantity FROM outcome WHERE category = 'span' AND outcome = 6"),
           24, "told as duplicates");
    kit_kill(k);
    ok(kit_start(k), "after kill -9");
    kit_put(k, 0, RECORD_SPANS, again);
    ok(kit_counted(k), "they come again");
    is_int(kit_number(k, SPANS_COUNTED("red_minute")), before + 24, "still counted once");
    is_int(kit_number(k, "SELECT quantity FROM outcome WHERE category = 'span' AND outcome = 6"),
           48, "duplicates still");
    arena_free(&a);
}

/* ---- what is refused ---- */

static void test_bad(struct kit *k)
{
    int64_t calls = kit_number(k, SPANS_COUNTED("red_minute"));
    uint8_t junk[64];
    struct text t = {(char *)junk, sizeof junk};

    log_set_level(LOG_LEVEL_ERROR);
    memset(junk, 0xa5, sizeof junk);
    kit_put(k, 0, RECORD_SPANS, t);
    kit_put(k, 0, RECORD_LOGS, t);
    memset(junk, 0, sizeof junk);
    kit_put(k, 0, RECORD_SPANS, t);
    ok(kit_counted(k), "records that are none");
    is_int(kit_number(k, SPANS_COUNTED("red_minute")), calls, "change nothing");
}

/* ---- sealing ---- */

static void roll(struct kit *k)
{
    for (uint64_t i = 0; i < 60; i++) {
        struct record_event r = kit_event(i + 1 + (uint64_t)world_ticks_us(), 1);

        kit_put_event(k, 0, &r);
    }
    kit_counted(k);
}

struct found {
    int in_index, in_blocks;
};

/* Every trace of every block by way of the index. */
static struct found look_up(struct kit *k, const char *file)
{
    struct db_options o = {.mode = DB_READ};
    struct found f = {0};
    struct db_stmt *q, *look;
    struct arena a;
    char path[256];
    struct db *d;

    arena_init(&a, 16 * MIB);
    snprintf(path, sizeof path, "%s/segments/%s", k->dir, file);
    if (db_open(path, &o, &d) != DB_OK ||
        !(q = db_adhoc(d, "SELECT id, data FROM block WHERE kind = 6")) ||
        !(look = db_adhoc(d, "SELECT 1 FROM trace WHERE hash = ? AND block_id = ?"))) {
        note("%s: %s", path, d ? db_error(d) : "?");
        return f;
    }
    while (db_step(q) == 1) {
        struct block_view view;
        struct text data;

        arena_reset(&a);
        data.at = db_col_blob(q, 1, &data.len);
        if (!block_read(data, &a, &view))
            continue;
        for (uint32_t i = 0; i < view.count; i++) {
            uint8_t id[16];
            uint32_t spans;
            size_t at = 0;

            while (span_bundle_trace(view.records[i], &at, id, &spans)) {
                f.in_blocks++;
                db_int_at(look, 1, marks_trace(id));
                db_int_at(look, 2, db_col_int(q, 0));
                f.in_index += db_step(look) == 1;
                db_reset(look);
            }
        }
    }
    db_close(d);
    arena_free(&a);
    return f;
}

static void test_seal(struct kit *k, struct span_maker *m)
{
    char file[64], sql[512];
    struct found f;
    int64_t plain;

    k->conf.segment_rows = 50;
    is_int(kit_stop(k), 0, "stop");
    ok(kit_start(k), "segments of 50 events");
    for (int i = 0; i < 300; i++) /* as small exporters send them */
        kit_put_traces(k, m, 4);
    ok(kit_counted(k), "1,200 traces in 300 batches");
    roll(k);
    is_int(kit_wait(k, "SELECT count(*) FROM segment WHERE state = 'sealed'", 1, 10), 1,
           "one is sealed");
    snprintf(file, sizeof file, "%s",
             kit_string(k, "SELECT file FROM segment WHERE state = 'sealed'"));
    f = look_up(k, file);
    ok(f.in_blocks >= 1200, "%d traces in its blocks", f.in_blocks);
    is_int(f.in_index, f.in_blocks, "each in its index");
    snprintf(sql, sizeof sql, "segments/%s", file);
    is_int(kit_number_in(k, sql, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'entry_by_%'"),
           3, "entry rows by duration, by operation and duration, by time");
    plain = kit_number(k, "SELECT bytes FROM segment WHERE state = 'sealed'");
    is_int(kit_number(k, "SELECT count(*) FROM operation WHERE name LIKE 'GET /api/%'"),
           kit_number_in(k, sql, "SELECT count(*) FROM operation"), "operations are numbered once");
    k->conf.seal_idle_s = 0;
    is_int(kit_stop(k), 0, "stop");
    ok(kit_start(k), "once it is quiet");
    is_int(kit_wait(k, "SELECT count(*) FROM segment WHERE state = 'packed'", 1, 20), 1,
           "it is packed");
    snprintf(file, sizeof file, "%s",
             kit_string(k, "SELECT file FROM segment WHERE state = 'packed'"));
    f = look_up(k, file);
    ok(f.in_blocks >= 1200, "%d traces in its blocks", f.in_blocks);
    is_int(f.in_index, f.in_blocks, "each in its index");
    ok(kit_number(k, "SELECT bytes FROM segment WHERE state = 'packed'") < plain,
       "in fewer bytes: %lld, were %lld",
       (long long)kit_number(k, "SELECT bytes FROM segment WHERE state = 'packed'"),
       (long long)plain);
    snprintf(sql, sizeof sql, "segments/%s", file);
    is_int(kit_number_in(k, sql, "SELECT count(*) FROM entry"), f.in_blocks, "all entry rows");
    is_int(kit_number_in(k, sql, "SELECT count(*) FROM mark WHERE kind = 7"), 1, "the log's mark");
    note("%.1f bytes a span, with small batches and 60 events",
         (double)kit_number(k, "SELECT bytes FROM segment WHERE state = 'packed'") /
             (double)f.in_blocks / 8);
}

/* ---- numbers across restarts ---- */

static void test_restart(struct kit *k, struct span_maker *m)
{
    int64_t operations;

    find_active(k);
    kit_put_traces(k, m, 200);
    ok(kit_counted(k), "traces in the next segment");
    operations = in_active(k, "SELECT count(*) FROM operation");
    ok(operations > 0, "its operations are numbered anew");
    is_int(kit_stop(k), 0, "stop");
    ok(kit_start(k), "start");
    kit_put_traces(k, m, 200);
    ok(kit_counted(k), "the same operations again");
    is_int(in_active(k, "SELECT count(*) FROM operation"), operations, "have the same numbers");
    is_int(
        in_active(
            k, "SELECT count(*) FROM entry WHERE operation_id NOT IN (SELECT id FROM operation)"),
        0, "each row has its operation");
}

/* ---- what is old leaves ---- */

static const char *const OLD =
    "INSERT INTO service VALUES (9000, 1, 'old', 0, 0), (9001, 1, 'quiet', 0, 0);"
    "INSERT INTO operation VALUES (9000, 9000, 'GET', 2, 1, 0, 0);"
    "INSERT INTO red_minute VALUES (9000, 1, 0, '', 1, 0, 1, x'0000');"
    "INSERT INTO red_hour VALUES (9000, 1, 0, '', 1, 0, 1, x'0000');"
    "INSERT INTO red_quarter VALUES (9000, 1, 0, '', 1, 0, 1, x'0000');"
    "INSERT INTO edge VALUES (9000, 1, 'old', 'older', 0, '');"
    "INSERT INTO edge_minute VALUES (9000, 1, 1, 0, 1);"
    "INSERT INTO edge_hour VALUES (9000, 1, 1, 0, 1);"
    "INSERT INTO edge_quarter VALUES (9000, 1, 1, 0, 1);"
    "INSERT INTO log_minute VALUES (9000, 1, '', 3, 1),"
    " (9001, unixepoch() / 60 - 5 * 1440, '', 3, 1), (9001, unixepoch() / 60, '', 3, 1);"
    "INSERT INTO log_hour VALUES (9000, 1, '', 3, 1), (9001, unixepoch() / 3600, '', 3, 1);"
    "INSERT INTO log_quarter VALUES (9000, 1, '', 3, 1);";

static bool change(struct kit *k, const char *sql)
{
    struct db_options o = {.mode = DB_WRITE};
    char path[256];
    struct db *d;
    bool good;

    snprintf(path, sizeof path, "%s/quern.db", k->dir);
    good = db_open(path, &o, &d) == DB_OK && db_exec(d, sql) == DB_OK;
    if (!good)
        note("%s", d ? db_error(d) : "no memory");
    db_close(d);
    return good;
}

static void test_expire(struct kit *k)
{
    is_int(kit_stop(k), 0, "stop");
    ok(change(k, OLD), "figures of 1970");
    k->conf.retention_days = 30;
    ok(kit_start(k), "with a limit of a month");
    is_int(kit_wait(k, "SELECT count(*) FROM service WHERE name = 'old'", 0, 20), 0,
           "a service without figures leaves");
    is_int(kit_number(k, "SELECT count(*) FROM operation WHERE service_id = 9000"), 0,
           "after its operations");
    is_int(kit_number(k, "SELECT count(*) FROM red_hour WHERE hour = 1") +
               kit_number(k, "SELECT count(*) FROM log_hour WHERE hour = 1") +
               kit_number(k, "SELECT count(*) FROM edge_hour WHERE hour = 1"),
           0, "and theirs");
    is_int(kit_number(k, "SELECT count(*) FROM red_quarter WHERE quarter = 1") +
               kit_number(k, "SELECT count(*) FROM log_quarter WHERE quarter = 1") +
               kit_number(k, "SELECT count(*) FROM edge_quarter WHERE quarter = 1"),
           0, "by the quarter, too");
    is_int(kit_number(k, "SELECT count(*) FROM edge WHERE id = 9000"), 0, "and edges");
    is_int(kit_wait(k, "SELECT count(*) FROM log_minute WHERE service_id = 9001", 1, 10), 1,
           "minutes of five days ago leave, those of today stay");
    is_int(kit_number(k, "SELECT count(*) FROM service WHERE name = 'quiet'"), 1,
           "a service with log records alone stays");
    k->conf.retention_days = 0;
}

int main(void)
{
    struct span_maker m = {.seed = 1, .services = 1};
    struct kit k;

    kit_open(&k, "/tmp");
    m.now_ns = (uint64_t)world_now_ms() * 1000000 - 5000000000u;
    ok(kit_start(&k), "a writer");
    test_rows(&k, &m);
    test_logs(&k, &m);
    test_duplicates(&k, &m);
    test_bad(&k);
    test_seal(&k, &m);
    test_restart(&k, &m);
    test_expire(&k);
    is_int(kit_stop(&k), 0, "stop");
    kit_close(&k);
    return done_testing();
}
