/* worker-item-scan: pages of log records in order of time, from the segment in use, a sealed and a packed one:
 * each record once, however late it came; searches that spend their budget and go on; cursors that outlive
 * sealing and packing. */
#include "t/lib/read_kit.h"
#include "worker/item_query.h"

#define RECORDS 9000
#define SMALL (512 * KIB) /* a budget that is soon spent */
#define BODY 700
#define LATE_MS 600000
#define NEEDLE "the needle in it"
#define BACKLOG_MS 60000

enum lateness {
    LATE_ALONE,       /* what comes late does so in requests of its own, as from phones */
    LATE_MIXED,       /* in every request */
    LATE_NONE_BACKLOG /* nothing; but of two rings one was not drained for a minute */
};

/* ---- making ---- */

static uint64_t dice(struct span_maker *m, uint64_t sides)
{
    return maker_below(m, sides);
}

/* Record `n`, sent at `sent_ms`: a little before that, or a long time; often in the same millisecond as
 * another. */
static struct logrec record_of(struct span_maker *m, uint32_t n, int64_t sent_ms, bool late,
                               const struct resource *r, struct attr *attr, char *body, size_t room)
{
    int64_t ago = late ? LATE_MS : (int64_t)dice(m, 3000);
    int len = snprintf(body, room, "line %u%s ", n, n == 0 ? " has " NEEDLE : "");

    for (; len < BODY; len++) /* nothing that LZ4 makes small */
        body[len] = (char)('a' + dice(m, 26));
    *attr = (struct attr){.key = TEXT("n"), .kind = ATTR_INT, .integer = n};
    return (struct logrec){.time_ns = (uint64_t)(sent_ms - ago) * 1000000,
                           .severity = (uint8_t)(n % 2 ? 9 : 17),
                           .resource = r,
                           .body = {.kind = ATTR_STRING, .text = {body, BODY}},
                           .attrs = {attr, 1, 0}};
}

static void put_records(struct kit *k, struct span_maker *m, int64_t first_ms, enum lateness how)
{
    struct resource shop = {.service = TEXT("shop"), .environment = TEXT("prod")};
    struct resource pay = {.service = TEXT("pay")};
    struct log_packer *p = log_packer_new();
    char body[BODY + 1];

    for (uint32_t n = 0, request = 0; n < RECORDS; request++) {
        uint32_t end = n + 1 + (uint32_t)dice(m, 60);
        int64_t sent_ms =
            first_ms + n + (how == LATE_NONE_BACKLOG && request % 7 == 0 ? BACKLOG_MS : 0);
        struct buf out;

        arena_reset(&k->arena);
        log_packer_open(p, 1, sent_ms, NULL);
        for (; n < end && n < RECORDS; n++) {
            bool late = how == LATE_MIXED   ? n % 13 == 0
                        : how == LATE_ALONE ? request % 20 == 0
                                            : false;
            struct attr attr;
            struct logrec l =
                record_of(m, n, sent_ms, late, n % 3 ? &shop : &pay, &attr, body, sizeof body);

            if (log_packer_add(p, &l) != PACK_OK)
                bail_out("a bundle");
        }
        buf_init(&out, &k->arena, 1024, RECORD_MAX);
        log_packer_finish(p, &out);
        kit_put(k, 0, RECORD_LOGS, buf_result(&out));
        kit_settled(k);
    }
    log_packer_free(p);
}

/* ---- reading all ---- */

struct walked {
    uint32_t count, pages, spent, out_of_order;
    uint64_t sum;            /* of what was met, in any order … */
    uint64_t order;          /* … and in this one */
    struct item_cursor stop; /* where it was interrupted */
};

static const char *query_of(const char *query)
{
    static char text[200];

    snprintf(text, sizeof text, "query=%s", query);
    return text;
}

/* Pages from `w->stop` on, at most so many. */
static void walk(struct reader *r, const char *query, bool ascending, uint32_t limit,
                 uint32_t pages, size_t budget, struct walked *w)
{
    int64_t last = 0;
    bool any = false;

    for (; pages; pages--) {
        struct api_call *c = reader_call(r, query_of(query));
        struct item_wish wish = {.kind = RECORD_LOGS,
                                 .range = {.to_ms = INT64_MAX},
                                 .ascending = ascending,
                                 .limit = limit,
                                 .budget = budget,
                                 .from = w->stop};
        struct item_page page;
        struct item_query q;

        if (!item_query_read(c, &q))
            bail_out("the query");
        wish.query = &q.query;
        wish.node = q.node;
        wish.contained = item_query_contained(&q);
        if (!item_scan(c, &wish, &page))
            bail_out("a page");
        item_query_end(&q);
        w->pages++;
        w->spent += page.spent;
        for (uint32_t i = 0; i < page.count; i++) {
            uint64_t mix = ((uint64_t)page.at[i].time_ns ^ page.at[i].tie) * 0x9e3779b97f4a7c15;

            w->out_of_order +=
                any && (ascending ? page.at[i].time_ns < last : page.at[i].time_ns > last);
            any = true;
            last = page.at[i].time_ns;
            w->sum += mix;
            w->order = w->order * 31 + mix;
        }
        w->count += page.count;
        w->stop = page.next;
        if (!page.more)
            return;
    }
}

static struct walked all(struct reader *r, const char *query, bool ascending, uint32_t limit,
                         size_t budget)
{
    struct walked w = {0};

    walk(r, query, ascending, limit, UINT32_MAX, budget, &w);
    return w;
}

/* ---- what has to hold, wherever they lie ---- */

static void count_one(void *own, uint32_t place, const struct item_seen *seen)
{
    uint32_t *n = own;

    n[0] += seen->item.log != NULL && attr_get(&seen->item.log->attrs, "n") != NULL;
    n[1] += seen->at->time_ns == (int64_t)seen->item.log->time_ns;
    n[2] |= 1u << (place % 32);
}

static void test_page(struct reader *r, const char *where)
{
    struct api_call *c = reader_call(r, "");
    struct item_wish wish = {
        .kind = RECORD_LOGS, .range = {.to_ms = INT64_MAX}, .node = QUERY_NONE, .limit = 100};
    uint32_t n[3] = {0};
    struct item_page page;

    ok(item_scan(c, &wish, &page) && page.count == 100 && page.more, "%s: a page", where);
    ok(item_each(c, RECORD_LOGS, &page, count_one, n), "%s: is read", where);
    ok(n[0] == 100 && n[1] == 100 && n[2] == UINT32_MAX, "%s: each of its records", where);
}

static struct walked test_all(struct reader *r, const char *where)
{
    struct walked down = all(r, "", false, 100, 0), up = all(r, "", true, 100, 0), found;

    is_int(down.count, RECORDS, "%s: every record", where);
    is_int(down.out_of_order, 0, "%s: the newest first", where);
    is_int(up.count, RECORDS, "%s: the other way", where);
    is_int(up.out_of_order, 0, "%s: the oldest first", where);
    ok(down.sum == up.sum, "%s: the same ones", where);
    is_int(all(r, "level:error service:pay", false, 100, 0).count, RECORDS / 6, "%s: some of them",
           where);
    is_int(all(r, "n:<100", false, 7, 0).count, 100, "%s: a few", where);
    found = all(r, "\"" NEEDLE "\"", false, 100, SMALL);
    ok(found.count == 1 && found.spent > 0 && found.pages == found.spent + 1,
       "%s: one, in %u pages", where, found.pages);
    test_page(r, where);
    return down;
}

/* Where the newest one lies. */
static struct block_at newest(struct reader *r)
{
    struct item_wish wish = {
        .kind = RECORD_LOGS, .range = {.to_ms = INT64_MAX}, .node = QUERY_NONE, .limit = 1};
    struct item_page page;

    if (!item_scan(reader_call(r, ""), &wish, &page) || page.count != 1)
        bail_out("the newest record");
    return page.at[0].block;
}

static void roll(struct kit *k)
{
    for (uint64_t i = 0; i < 60; i++) {
        struct record_event e = kit_event(i + 1 + (uint64_t)world_ticks_us(), 1);

        kit_put_event(k, 0, &e);
    }
    kit_counted(k);
}

static void test_order(void)
{
    struct span_maker m = {.seed = 7};
    struct walked used, sealed, packed, half = {0};
    struct block_at before, after;
    struct reader r;
    struct kit k;

    kit_open(&k, "/tmp");
    k.conf.segment_rows = 50;
    ok(kit_start(&k), "a writer");
    put_records(&k, &m, world_now_ms() - RECORDS - 60000, LATE_ALONE);
    ok(kit_counted(&k) && reader_open(&r, &k), "%d log records", RECORDS);
    used = test_all(&r, "in use");
    walk(&r, "", false, 100, RECORDS / 200, 0, &half);
    query_release(r.q);
    roll(&k);
    ok(kit_all_are(&k, "sealed", 20), "sealed");
    sealed = test_all(&r, "sealed");
    ok(sealed.order == used.order, "in the same order");
    before = newest(&r);
    query_release(r.q);
    k.conf.seal_idle_s = 0;
    is_int(kit_stop(&k), 0, "stop");
    ok(kit_start(&k), "once it is quiet");
    ok(kit_all_are(&k, "packed", 30), "packed");
    packed = test_all(&r, "packed");
    after = newest(&r);
    ok(after.segment == before.segment && after.block > before.block, "read from the packed file");
    ok(packed.order == used.order, "in the same order still");
    walk(&r, "", false, 100, UINT32_MAX, 0, &half);
    is_int(half.count, RECORDS, "a list that began before all that goes on after it");
    ok(half.order == used.order, "as if nothing had happened");
    reader_close(&r);
    is_int(kit_stop(&k), 0, "stop");
    kit_close(&k);
}

/* Blocks full of records of another time: pages run out of budget before they are sure of the order. */
static void test_mixed(void)
{
    struct span_maker m = {.seed = 8};
    struct walked down, up;
    struct reader r;
    struct kit k;

    kit_open(&k, "/tmp");
    ok(kit_start(&k), "a writer");
    put_records(&k, &m, world_now_ms() - RECORDS - 60000, LATE_MIXED);
    ok(kit_counted(&k) && reader_open(&r, &k), "%d log records, late ones everywhere", RECORDS);
    down = all(&r, "", false, 100, SMALL);
    up = all(&r, "", true, 100, SMALL);
    is_int(down.count, RECORDS, "every record, the newest first");
    is_int(up.count, RECORDS, "the oldest first");
    ok(down.sum == up.sum, "the same ones");
    ok(down.spent > 0, "though the budget was spent");
    note("%u of %u pages, %u of %u out of budget", down.spent, down.pages, up.spent, up.pages);
    reader_close(&r);
    is_int(kit_stop(&k), 0, "stop");
    kit_close(&k);
}

/* Blocks of which some were received much later than those that were written after them. */
static void test_backlog(void)
{
    struct span_maker m = {.seed = 9};
    struct walked down, up, poor;
    struct reader r;
    struct kit k;

    kit_open(&k, "/tmp");
    ok(kit_start(&k), "a writer");
    put_records(&k, &m, world_now_ms() - RECORDS - 2 * BACKLOG_MS, LATE_NONE_BACKLOG);
    ok(kit_counted(&k) && reader_open(&r, &k), "%d log records, some long in a ring", RECORDS);
    for (uint32_t limit = 7; limit <= 700; limit *= 10) {
        down = all(&r, "", false, limit, 0);
        up = all(&r, "", true, limit, 0);
        poor = all(&r, "", false, limit, SMALL);
        is_int(down.count, RECORDS, "every record, the newest first, by %u", limit);
        is_int(up.count, RECORDS, "the oldest first");
        is_int(poor.count, RECORDS, "with little to spend");
        ok(down.sum == up.sum && down.sum == poor.sum, "the same ones");
        note("%u and %u pages, %u and %u out of order", down.pages, up.pages, down.out_of_order,
             up.out_of_order);
    }
    reader_close(&r);
    is_int(kit_stop(&k), 0, "stop");
    kit_close(&k);
}

int main(void)
{
    test_order();
    test_mixed();
    test_backlog();
    return done_testing();
}
