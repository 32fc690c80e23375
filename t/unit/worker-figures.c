/* Figures by the hour and by the quarter of a day: whatever stretch of time is asked for, the sums are those of
 * its hours, bucket by bucket. */
#include "t/lib/read_kit.h"
#include "t/lib/tap.h"
#include "worker/figures.h"

#define HOURS 400
#define FIRST 492003 /* hour since 1970, not the first of its quarter */
#define BUCKETS 450
#define ROUNDS 500

struct hour {
    uint64_t calls, errors, us;
};
static struct hour hours[HOURS]; /* what is kept */

static uint32_t below(uint32_t n)
{
    static uint64_t seed = 7;

    seed = seed * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(seed >> 33) % n;
}

/* ---- what is kept ---- */

/* A row of all three sorts of figures. */
static bool put(struct db *d, const char *table, int64_t at, const struct hour *sum,
                const struct latency *sketch, struct arena *a)
{
    char sql[400];
    struct db_stmt *q;
    struct buf b;
    struct text t;

    snprintf(sql, sizeof sql,
             "INSERT INTO edge_%s VALUES (7, %lld, %llu, %llu, %llu);"
             "INSERT INTO log_%s VALUES (7, %lld, '', 3, %llu);",
             table, (long long)at, (unsigned long long)sum->calls, (unsigned long long)sum->errors,
             (unsigned long long)sum->us, table, (long long)at, (unsigned long long)sum->calls);
    if (db_exec(d, sql) != DB_OK)
        return false;
    snprintf(sql, sizeof sql,
             "INSERT INTO red_%s VALUES (7, %lld, 0, '', %llu, %llu, %llu, :sketch)", table,
             (long long)at, (unsigned long long)sum->calls, (unsigned long long)sum->errors,
             (unsigned long long)sum->us);
    arena_reset(a);
    buf_init(&b, a, 64, 4096);
    latency_encode(sketch, &b);
    t = buf_result(&b);
    if (!(q = db_adhoc(d, sql)))
        return false;
    db_blob(q, "sketch", t.at, t.len);
    return db_run(q) == DB_OK;
}

/* As the writer does: each call is added to the hour and to the quarter of a day. */
static bool fill(struct db *d, struct arena *a)
{
    struct latency hour = {0}, quarter = {0};
    struct hour sum = {0};
    bool good = true;

    for (uint32_t i = 0; i < HOURS; i++) {
        struct hour *h = &hours[i];

        h->calls = below(3) ? 1 + below(9) : 0;
        h->errors = below((uint32_t)h->calls + 1);
        h->us = (1 + below(20)) * h->calls;
        latency_clear(&hour);
        if (h->calls) {
            latency_add(&hour, h->us / h->calls * 1000, (uint32_t)h->calls);
            good &= put(d, "hour", FIRST + i, h, &hour, a);
        }
        latency_merge(&quarter, &hour);
        sum.calls += h->calls;
        sum.errors += h->errors;
        sum.us += h->us;
        if ((FIRST + i) % 6 == 5 || i == HOURS - 1) {
            good &= !sum.calls || put(d, "quarter", (FIRST + i) / 6, &sum, &quarter, a);
            latency_clear(&quarter);
            sum = (struct hour){0};
        }
    }
    latency_free(&hour);
    latency_free(&quarter);
    return good;
}

/* ---- what is read ---- */

struct seen {
    struct hour at[BUCKETS];
    uint64_t rows;
    struct latency_sum sketch;
};

static void see(void *own, const struct figures_row *r)
{
    struct seen *s = own;
    struct hour *h = &s->at[r->bucket < BUCKETS ? r->bucket : 0];

    h->calls += r->calls;
    h->errors += r->errors;
    h->us += r->total_us;
    s->rows++;
    latency_sum_add(&s->sketch, r->sketch);
}

/* The same, hour by hour. */
static void see_hours(const struct figures_wish *w, struct seen *s)
{
    for (uint32_t i = 0; i < HOURS; i++) {
        int64_t at = FIRST + i;
        struct hour *h;

        if (at < w->from || at >= w->to || !hours[i].calls)
            continue;
        h = &s->at[(at - w->begin) / w->step];
        h->calls += hours[i].calls;
        h->errors += hours[i].errors;
        h->us += hours[i].us;
        s->sketch.counts[hours[i].us / hours[i].calls] += hours[i].calls;
        s->sketch.total += hours[i].calls;
    }
}

static struct figures_wish wish_of(int64_t from, int64_t to, int64_t step, int64_t quarters_from)
{
    return (struct figures_wish){.from = from,
                                 .to = to,
                                 .begin = from / step * step,
                                 .step = step,
                                 .buckets = BUCKETS,
                                 .quarters_from = quarters_from};
}

static bool same(struct api_call *c, const struct figures_wish *w, uint64_t *rows)
{
    static struct seen read, counted;
    struct hour all = {0};
    struct figures edge;

    memset(&read, 0, sizeof read);
    memset(&counted, 0, sizeof counted);
    figures_walk(c, w, 7, see, &read);
    see_hours(w, &counted);
    *rows += read.rows;
    for (uint32_t i = 0; i < BUCKETS; i++) {
        all.calls += counted.at[i].calls;
        all.errors += counted.at[i].errors;
        all.us += counted.at[i].us;
    }
    figures_edge(c, w, 7, &edge);
    return memcmp(read.at, counted.at, sizeof read.at) == 0 &&
           memcmp(&read.sketch, &counted.sketch, sizeof read.sketch) == 0 &&
           edge.calls == all.calls && edge.errors == all.errors && edge.total_us == all.us;
}

static void test_stretches(struct api_call *c)
{
    static const int64_t steps[] = {6, 12, 24, 48};
    uint64_t coarse = 0, fine = 0;
    uint32_t wrong = 0;

    for (int i = 0; i < ROUNDS; i++) {
        int64_t from = FIRST - 10 + below(HOURS), to = from + below(HOURS);
        int64_t whole = i % 3 ? 1 : (FIRST + below(HOURS)) / 6; /* the folder was upgraded then */
        struct figures_wish w = wish_of(from, to, steps[below(4)], whole);

        if (!same(c, &w, &coarse) && wrong++ < 3)
            note("from %lld to %lld, step %lld, whole from %lld", (long long)from, (long long)to,
                 (long long)w.step, (long long)whole);
        w.quarters_from = 0;
        wrong += !same(c, &w, &fine);
    }
    is_int(wrong, 0, "the sums of %d stretches are those of their hours", ROUNDS);
    ok(coarse * 2 < fine, "of %llu rows, not of %llu", (unsigned long long)coarse,
       (unsigned long long)fine);
}

static void test_parts(void)
{
    struct figures_wish w = wish_of(13, 29, 6, 1);
    struct figures_part p[FIGURES_PARTS];

    is_int(figures_parts(&w, p), 3, "hours, quarters, hours");
    ok(p[0].unit == FIGURES_HOURS && p[0].from == 13 && p[0].to == 18, "until a quarter begins");
    ok(p[1].unit == FIGURES_QUARTERS && p[1].from == 3 && p[1].to == 4, "one that is whole");
    ok(p[2].unit == FIGURES_HOURS && p[2].from == 24 && p[2].to == 29, "and what is left");
    w = wish_of(13, 18, 6, 1);
    is_int(figures_parts(&w, p), 1, "a stretch without a whole quarter");
    ok(p[0].unit == FIGURES_HOURS && p[0].from == 13 && p[0].to == 18, "is read by the hour");
    w = wish_of(12, 24, 6, 1);
    is_int(figures_parts(&w, p), 1, "one of whole quarters");
    ok(p[0].unit == FIGURES_QUARTERS && p[0].from == 2 && p[0].to == 4, "by the quarter alone");
    w = wish_of(12, 24, 6, 3);
    is_int(figures_parts(&w, p), 2, "of which the first is not whole yet");
    ok(p[0].unit == FIGURES_HOURS && p[0].to == 18 && p[1].from == 3, "by both");
    w.from = w.to;
    is_int(figures_parts(&w, p), 0, "nothing of nothing");
    w = wish_of(12, 24, 6, 0);
    w.minutes = true;
    ok(figures_parts(&w, p) == 1 && p[0].unit == FIGURES_MINUTES, "minutes are minutes");
}

int main(void)
{
    struct db_options o = {.mode = DB_WRITE};
    struct reader r;
    struct db *d = NULL;
    char path[128];
    struct kit k;

    kit_open(&k, "/tmp");
    if (!ok(kit_start(&k), "a folder") || !ok(kit_stop(&k) == 0, "at rest"))
        return done_testing();
    snprintf(path, sizeof path, "%s/quern.db", k.dir);
    ok(db_open(path, &o, &d) == DB_OK && db_begin(d) == DB_OK && fill(d, &k.arena) &&
           db_commit(d) == DB_OK,
       "%d hours of figures", HOURS);
    db_close(d);
    test_parts();
    if (ok(reader_open(&r, &k), "a reader")) {
        test_stretches(reader_call(&r, ""));
        reader_close(&r);
    }
    kit_close(&k);
    return done_testing();
}
