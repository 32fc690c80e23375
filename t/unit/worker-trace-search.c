/* worker-trace-search: lists of traces from a sealed segment and the one in use, against what is known to be
 * stored: every order, page by page, each trace once; short times; budgets that run out. */
#include "t/lib/read_kit.h"
#include "worker/api_resources.h"
#include "worker/trace_search.h"

struct one {
    uint8_t id[16];
    uint64_t us, start_ms;
    uint32_t seen;
};

#define TRACES_MAX 16384
static struct one all[TRACES_MAX];
static uint64_t begun_s; /* when the first one started */
static uint32_t all_count;

/* ---- making ---- */

static void note_traces(void *own, struct text record)
{
    uint32_t spans;
    size_t at = 0;

    while (all_count < TRACES_MAX && span_bundle_trace(record, &at, all[all_count].id, &spans))
        all_count++;
    kit_put(own, 0, RECORD_SPANS, record);
}

static void put_traces(struct kit *k, struct span_maker *m, uint32_t batches, uint32_t traces)
{
    for (uint32_t i = 0; i < batches; i++) {
        arena_reset(&k->arena);
        span_kit_pack(maker_batch(m, traces, &k->arena), world_now_ms(), &k->arena, note_traces, k);
        kit_settled(k);
    }
    kit_counted(k);
}

static int by_id(const void *a, const void *b)
{
    return memcmp(((const struct one *)a)->id, ((const struct one *)b)->id, 16);
}

/* How long each took. */
static void learn(struct reader *r)
{
    for (uint32_t i = 0; i < all_count; i++) {
        struct api_call *c = reader_call(r, "");
        struct span_trace t;
        struct trace tree;

        span_store_tree(c, all[i].id, &t, &tree);
        all[i].us = (tree.nodes[0].end_ns - tree.nodes[0].start_ns) / 1000;
        all[i].start_ms = tree.nodes[0].start_ns / 1000000;
    }
    qsort(all, all_count, sizeof *all, by_id);
}

/* ---- asking ---- */

struct walked {
    uint32_t rows, pages, twice, strange, disordered;
};

static struct one *of_hex(const char *hex)
{
    struct one key;

    for (int i = 0; i < 16; i++) {
        unsigned byte = 0;

        sscanf(hex + 2 * i, "%2x", &byte);
        key.id[i] = (uint8_t)byte;
    }
    return bsearch(&key, all, all_count, sizeof *all, by_id);
}

static void read_page(const struct api_call *c, int order, uint64_t *last, struct walked *w)
{
    struct text out = c->out.at ? (struct text){c->out.at, c->out.len} : TEXT("");

    for (;;) {
        size_t at = text_find(out, TEXT("{\"traceId\":\""));
        struct one *one;

        if (at == out.len)
            return;
        one = of_hex(out.at + at + 12);
        out = text_cut(out, at + 12, out.len);
        w->rows++;
        if (!one) {
            w->strange++;
            continue;
        }
        w->twice += one->seen++ > 0;
        w->disordered += order && (order > 0 ? one->us < *last : one->us > *last);
        *last = one->us;
    }
}

/* All pages of a list. */
static struct walked walk(struct reader *r, const char *query, int order)
{
    struct walked w = {0};
    char asked[512], cursor[128] = "";
    uint64_t last = order > 0 ? 0 : UINT64_MAX;

    for (uint32_t i = 0; i < all_count; i++)
        all[i].seen = 0;
    for (; w.pages < 2000; w.pages++) {
        struct api_call *c;
        struct text link;
        size_t at;

        snprintf(asked, sizeof asked, "%s%s", query, cursor);
        c = reader_call(r, asked);
        trace_list(c);
        if (c->status != 200 || !c->header_count) {
            note("%s: %u %.*s", asked, c->status, (int)c->out.len, c->out.at);
            break;
        }
        read_page(c, order, &last, &w);
        link = c->headers[0].value;
        at = text_find(link, TEXT("rel=\"next\"; results=\"true\"; cursor=\""));
        if (at == link.len)
            break;
        link = text_cut(link, at + 36, link.len);
        snprintf(cursor, sizeof cursor, "&cursor=%.*s", (int)text_find_byte(link, '"'), link.at);
    }
    return w;
}

static void is_all(struct reader *r, const char *what, const char *query, int order, uint32_t want)
{
    struct walked w = walk(r, query, order);

    ok(w.rows == want && !w.twice && !w.strange && !w.disordered,
       "%s: %u of %u in %u pages, %u twice, %u strange, %u out of order", what, w.rows, want,
       w.pages + 1, w.twice, w.strange, w.disordered);
}

static uint32_t between(uint64_t from_ms, uint64_t to_ms)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < all_count; i++)
        n += all[i].start_ms >= from_ms && all[i].start_ms < to_ms;
    return n;
}

static void test_orders(struct reader *r, const char *where)
{
    uint64_t from = begun_s + 2, to = begun_s + 4; /* some 1,000 traces */
    uint32_t within = between(from * 1000, to * 1000);
    char query[256];

    note("%s", where);
    is_all(r, "newest", "per_page=100", 0, all_count);
    is_all(r, "newest by 23", "per_page=23&service=shop-0", 0, all_count);
    is_all(r, "longest", "per_page=100&sort=-duration", -1, all_count);
    is_all(r, "longest by 23", "per_page=23&sort=-duration", -1, all_count);
    is_all(r, "shortest", "per_page=33&sort=duration", 1, all_count);
    is_all(r, "longest of a service", "per_page=50&sort=-duration&service=shop-0", -1, all_count);
    is_all(r, "of none", "per_page=50&sort=-duration&service=shop-1", -1, 0);
    is_all(r, "those with spans of a kind", "per_page=100&query=span.kind:server", 0, all_count);
    snprintf(query, sizeof query, "per_page=20&query=span.kind:server&start=%llu&end=%llu",
             (unsigned long long)from, (unsigned long long)to);
    is_all(r, "newest of two seconds", query, 0, within);
    snprintf(query, sizeof query, "per_page=20&sort=-duration&start=%llu&end=%llu",
             (unsigned long long)from, (unsigned long long)to);
    ok(within > 0, "%u within two seconds", within);
    is_all(r, "longest of two seconds", query, -1, within);
    snprintf(query, sizeof query, "per_page=20&sort=duration&service=shop-0&start=%llu&end=%llu",
             (unsigned long long)from, (unsigned long long)to);
    is_all(r, "shortest of a service in two seconds", query, 1, within);
    is_all(r, "TraceQL",
           "per_page=64&query=%7B%20kind%20%3D%20server%20%7D%20%3E%20%7B%20name%20%3D%20%22render%"
           "22%20%7D",
           0, all_count);
}

static void roll(struct kit *k)
{
    for (uint64_t i = 0; i < 60; i++) {
        struct record_event e = kit_event(i + 1 + (uint64_t)world_ticks_us(), 1);

        kit_put_event(k, 0, &e);
    }
    kit_counted(k);
}

int main(void)
{
    struct span_maker m = {.seed = 5, .services = 1};
    struct reader r;
    struct kit k;

    kit_open(&k, "/tmp");
    m.now_ns = (uint64_t)world_now_ms() * 1000000 - 40000000000u; /* 2 ms between traces */
    k.conf.segment_rows = 50;
    ok(kit_start(&k), "a writer");
    begun_s = m.now_ns / 1000000000;
    put_traces(&k, &m, 95, 100); /* more than are looked through one by one when sealed */
    put_traces(&k, &m, 100, 1);  /* blocks of one trace */
    ok(reader_open(&r, &k), "%u traces", all_count);
    learn(&r);
    test_orders(&r, "in use");
    query_release(r.q);
    roll(&k);
    ok(kit_all_are(&k, "sealed", 20), "sealed");
    test_orders(&r, "sealed");
    put_traces(&k, &m, 8, 100);
    put_traces(&k, &m, 50, 1);
    learn(&r);
    test_orders(&r, "both");
    for (int i = 0; i < 24; i++) {
        query_release(r.q);
        put_traces(&k, &m, 1, 20);
        roll(&k);
    }
    kit_wait(&k, "SELECT count(*) FROM segment WHERE state = 'sealing'", 0, 20);
    learn(&r);
    note("%lld segments", (long long)kit_number(&k, "SELECT count(*) FROM segment"));
    is_all(&r, "newest", "per_page=100", 0, all_count);
    is_all(&r, "longest of a service", "per_page=100&sort=-duration&service=shop-0", -1, all_count);
    reader_close(&r);
    is_int(kit_stop(&k), 0, "stop");
    kit_close(&k);
    return done_testing();
}
