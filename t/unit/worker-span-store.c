/* worker-span-store: spans and log records read back from where the writer put them: one trace, many,
 * from the segment in use, a sealed and a packed one; walks with a budget; a trace of 100,000 spans. */
#include "model/marks.h"
#include "t/lib/read_kit.h"
#include "worker/api_resources.h"
#include "worker/span_store.h"

#define BIG 100000
#define REQUESTS 200

/* ---- making ---- */

struct known { /* what was put */
    uint8_t ids[4096][16];
    uint32_t count;
};

static void put_known(void *own, struct text record)
{
    void **both = own;
    struct known *known = both[1];
    uint32_t spans;
    size_t at = 0;

    while (known->count < 4096 && span_bundle_trace(record, &at, known->ids[known->count], &spans))
        known->count++;
    kit_put(both[0], 0, RECORD_SPANS, record);
}

static void put_traces(struct kit *k, struct span_maker *m, struct known *known, uint32_t traces)
{
    void *both[2] = {k, known};

    arena_reset(&k->arena);
    span_kit_pack(maker_batch(m, traces, &k->arena), world_now_ms(), &k->arena, put_known, both);
}

static void number_id(uint64_t n, uint8_t out[8])
{
    n += 1;
    memcpy(out, &n, 8);
}

/* Span `n` of the big trace: a root, and below it chains of ten. */
static struct span big_span(const uint8_t trace[16], uint64_t n, const struct resource *r)
{
    struct span s = {.start_ns = 1000000000000000000ULL + n * 1000,
                     .kind = n % 10 == 1 ? SPAN_SERVER : SPAN_INTERNAL,
                     .name = n % 2 ? TEXT("even work") : TEXT("odd work"),
                     .weight = 1,
                     .resource = r};

    s.end_ns = n == 0 ? s.start_ns + BIG * 1000 : s.start_ns + 900;
    memcpy(s.trace_id, trace, 16);
    number_id(n, s.span_id);
    if (n)
        number_id(n % 10 == 1 ? 0 : n - 1, s.parent_id);
    if (n % 1000 == 7) {
        s.code = SPAN_FAILED;
        s.flags |= SPAN_ERROR;
    }
    return s;
}

/* BIG spans in as many requests, the last ones first. */
static void put_big(struct kit *k, const uint8_t trace[16])
{
    struct attr attrs[8];
    struct resource r = {.service = TEXT("big"), .release = TEXT("big@1")};
    struct span_packer *p = span_packer_new();

    for (int i = 0; i < 8; i++)
        attrs[i] = (struct attr){.key = i % 2 ? TEXT("code.function.name") : TEXT("db.query.text"),
                                 .kind = ATTR_STRING,
                                 .text = TEXT("SELECT id, name, price FROM items WHERE id = $1")};
    for (uint64_t i = REQUESTS; i-- > 0;) {
        struct buf out;

        arena_reset(&k->arena);
        span_packer_open(p, 1, world_now_ms(), NULL);
        for (uint64_t n = i * BIG / REQUESTS; n < (i + 1) * BIG / REQUESTS; n++) {
            struct span s = big_span(trace, n, &r);

            s.attrs = (struct attrs){attrs, n % 2 + 1, 0};
            span_packer_add(p, &s);
        }
        buf_init(&out, &k->arena, 1024, RECORD_MAX);
        span_packer_finish(p, &out);
        kit_put(k, 0, RECORD_SPANS, buf_result(&out));
    }
    span_packer_free(p);
}

/* ---- one trace, and many ---- */

/* A tree of keys is the tree of spans. */
static bool is_same(const struct trace *keys, const struct trace *spans)
{
    bool same = keys->count == spans->count && keys->root == spans->root &&
                keys->start_ns == spans->start_ns && keys->end_ns == spans->end_ns;

    for (uint32_t i = 0; same && i < keys->count; i++) {
        const struct trace_node *k = &keys->nodes[i], *s = &spans->nodes[i];

        same = k->key->id == id_word(s->span->span_id) && k->parent == s->parent &&
               k->self_ns == s->self_ns && k->flags == s->flags && !k->span &&
               k->key->flags == s->span->flags && text_eq(k->key->name, s->span->name) &&
               text_eq(k->key->resource->service, s->span->resource->service);
    }
    return same;
}

static void read_each(struct reader *r, const struct known *known, const char *where)
{
    uint32_t whole = 0, single = 0, attrs = 0, keys = 0;

    for (uint32_t i = 0; i < known->count; i += 7) {
        struct api_call *c = reader_call(r, "");
        struct span_trace t, outline;
        struct trace tree, of_keys;

        single++;
        if (!span_store_trace(c, known->ids[i], &t, &tree))
            continue;
        keys += span_store_tree(c, known->ids[i], &outline, &of_keys) && is_same(&of_keys, &tree);
        whole += t.count == 8 && tree.count == 8 && tree.root_count == 1 && tree.orphans == 0;
        attrs += attr_get(&tree.nodes[0].span->attrs, "http.route") != NULL &&
                 attr_get(&tree.nodes[0].span->resource->attrs, "host.arch") != NULL &&
                 span_source(tree.nodes[0].span)->project == 1;
    }
    is_int(whole, single, "%s: each of %u traces, whole and one tree", where, single);
    is_int(attrs, single, "%s: with its attributes, resource and project", where);
    is_int(keys, single, "%s: the same of keys", where);
}

static void read_many(struct reader *r, const struct known *known, const char *where)
{
    struct api_call *c = reader_call(r, "");
    struct span_trace traces[100] = {0};
    uint32_t good = 0, step = known->count / 100;

    for (uint32_t i = 0; i < 100; i++)
        memcpy(traces[i].id, known->ids[i * step], 16);
    ok(span_store_read(c, traces, 100, SPANS_OUTLINE, 20000), "%s: a hundred at once", where);
    for (uint32_t i = 0; i < 100; i++) {
        bool own = traces[i].count == 8 && traces[i].stored == 8;

        for (uint32_t n = 0; n < traces[i].count; n++)
            own &= memcmp(traces[i].spans[n].trace_id, traces[i].id, 16) == 0 &&
                   traces[i].spans[n].attrs.count == 0 &&
                   text_is(traces[i].spans[n].resource->service, "shop-0");
        good += own;
    }
    is_int(good, 100, "%s: each has its own eight spans", where);
    for (uint32_t i = 0; i < 100; i++)
        traces[i].id[3] ^= 0x55;
    c = reader_call(r, "");
    ok(span_store_read(c, traces, 100, SPANS_OUTLINE, 20000) && traces[0].count == 0 &&
           traces[99].stored == 0,
       "%s: others are not there", where);
}

static void test_limit(struct reader *r, const struct known *known)
{
    struct api_call *c = reader_call(r, "");
    struct span_trace t = {0}, many[10];

    memcpy(t.id, known->ids[0], 16);
    ok(span_store_read(c, &t, 1, SPANS_WHOLE, 3) && t.count == 3 && t.stored == 8,
       "a limit is held, the rest counted");
    c = reader_call(r, "");
    for (uint32_t i = 0; i < 10; i++) {
        memset(&many[i], 0, sizeof many[i]);
        memcpy(many[i].id, known->ids[i], 16);
    }
    ok(span_store_read(c, many, 10, SPANS_OUTLINE, 40) && many[0].count <= 5 && many[9].stored == 8,
       "of several none takes all of it");
}

/* ---- walks ---- */

static uint32_t walk(struct reader *r, struct block_wish *wish, struct known *seen, uint32_t most,
                     struct block_walk *w)
{
    struct api_call *c = reader_call(r, "");
    struct block_ref ref;
    struct block_view view;
    uint32_t blocks = 0;

    seen->count = 0;
    block_walk_begin(w, c, wish);
    while (blocks < most && block_walk_next(w, &ref, &view)) {
        blocks++;
        for (uint32_t i = 0; i < view.count; i++) {
            uint32_t spans;
            size_t at = 0;

            while (seen->count < 4096 &&
                   span_bundle_trace(view.records[i], &at, seen->ids[seen->count], &spans))
                seen->count++;
        }
    }
    return blocks;
}

static void test_walks(struct kit *k, struct reader *r, const struct known *known)
{
    struct known *seen = calloc(1, sizeof *seen);
    struct block_wish wish = {.kind = RECORD_SPANS};
    struct query_need need = {.count = 1};
    struct block_walk w;
    uint32_t down = walk(r, &wish, seen, UINT32_MAX, &w), up, parts = 0;
    struct block_at last;

    ok(down > 2 && !w.spent, "downwards: %u blocks", down);
    is_int(seen->count, known->count, "all traces");
    wish.ascending = true;
    up = walk(r, &wish, seen, UINT32_MAX, &w);
    is_int(up, down, "upwards as many");
    is_int(memcmp(seen->ids[0], known->ids[0], 16), 0, "the first trace first");
    wish.ascending = false;
    parts = walk(r, &wish, seen, 2, &w);
    last = w.here;
    wish.from = (struct block_at){last.segment, last.block};
    is_int(walk(r, &wish, seen, UINT32_MAX, &w), down - parts + 1,
           "from a block on, that one included");
    wish.from = (struct block_at){0};
    wish.stop = last;
    is_int(walk(r, &wish, seen, UINT32_MAX, &w), parts - 1, "until a block, that one excluded");
    wish.stop = (struct block_at){0};
    wish.to_ms = world_now_ms() - 86400000;
    is_int(walk(r, &wish, seen, UINT32_MAX, &w), 0, "none of yesterday");
    wish.to_ms = 0;
    wish.from_ms = world_now_ms() + 86400000;
    is_int(walk(r, &wish, seen, UINT32_MAX, &w), 0, "none of tomorrow");
    wish.from_ms = 0;
    wish.needs = &need;
    wish.need_count = 1;
    need.words[0] = marks_word(TEXT("http.route"), TEXT("/api/v1/items/:id"));
    is_int(walk(r, &wish, seen, UINT32_MAX, &w), down, "a word that is in all");
    need.words[0] = marks_word(TEXT("http.route"), TEXT("/no/such/route"));
    ok(walk(r, &wish, seen, UINT32_MAX, &w) < down / 4 + 1, "a word that is in none");
    (void)k;
    free(seen);
}

static void test_budget(struct reader *r)
{
    struct api_call *c = reader_call(r, "");
    struct block_wish wish = {.kind = RECORD_SPANS};
    struct block_walk w;
    struct block_ref ref;
    struct block_view view;
    uint32_t whole = 0, parts = 0, rounds = 0;

    block_walk_begin(&w, c, &wish);
    while (block_walk_next(&w, &ref, &view))
        whole++;
    do {
        block_walk_begin(&w, c, &wish);
        w.marks = 3;
        w.blocks = 2;
        while (block_walk_next(&w, &ref, &view))
            parts++;
        wish.from = w.here;
    } while (w.spent && ++rounds < 1000);
    is_int(parts, whole, "in %u rounds of a small budget the same blocks, each once", rounds + 1);
}

/* ---- log records ---- */

static bool count_log(void *own, const struct logrec *l, uint32_t project)
{
    *(int *)own += text_is(l->body.text, "cart is empty") && project == 1;
    return true;
}

static void test_logs(struct kit *k, struct reader *r)
{
    struct span_maker m = {.seed = 99}, same = m;
    uint64_t id[2] = {maker_random(&same), maker_random(&same)};
    struct api_call *c;
    int count = 0;

    m.now_ns = (uint64_t)world_now_ms() * 1000000;
    kit_put_logs(k, &m, 50);
    ok(kit_settled(k), "log records");
    c = reader_call(r, "");
    ok(span_store_logs(c, (const uint8_t *)id, count_log, &count) && count == 1,
       "the record of a trace");
}

/* ---- big ---- */

static double cpu_of(const struct rusage *from)
{
    struct rusage to;

    getrusage(RUSAGE_THREAD, &to);
    return (double)(to.ru_utime.tv_sec - from->ru_utime.tv_sec) +
           (double)(to.ru_utime.tv_usec - from->ru_utime.tv_usec) / 1e6;
}

/* The answer that the browser gets. */
static void test_big_table(struct reader *r, const uint8_t trace[16])
{
    struct api_call *c = reader_call(r, "");
    struct rusage before;
    uint32_t rows = 0;
    char id[33];
    double seconds;

    for (int i = 0; i < 16; i++)
        snprintf(id + 2 * i, 3, "%02x", trace[i]);
    c->arg[0] = text_of(id);
    c->arg_count = 1;
    getrusage(RUSAGE_THREAD, &before);
    trace_table(c);
    seconds = cpu_of(&before);
    ok(c->status == 200 && !c->out.failed && !arena_spent(c->arena),
       "36: the table of the browser, %zu KB", c->out.len >> 10);
    for (size_t i = 0; i + 2 < c->out.len; i++)
        rows += c->out.at[i] == '[' && c->out.at[i + 1] == '"' && c->out.at[i + 18] == '"';
    is_int(rows, BIG, "36: a row each");
    ok(seconds < 1, "36: in %.0f ms of CPU", seconds * 1e3);
    note("36: %zu MB of the arena", c->arena->taken >> 20);
}

static void test_big(struct kit *k, struct reader *r)
{
    uint8_t trace[16] = {0xbb, [15] = 1};
    struct span_trace t;
    struct trace tree;
    struct trace_summary sum;
    struct rusage before;
    struct api_call *c;
    double seconds;

    put_big(k, trace);
    ok(kit_settled(k), "36: %d spans of one trace, last ones first", BIG);
    c = reader_call(r, "");
    getrusage(RUSAGE_THREAD, &before);
    ok(span_store_tree(c, trace, &t, &tree), "36: are read");
    seconds = cpu_of(&before);
    is_int(tree.count, BIG, "36: all of them");
    is_int(tree.root_count, 1, "36: one tree");
    is_int(tree.nodes[0].subtree, BIG, "36: complete");
    ok(trace_summarise(&tree, c->arena, &sum) && sum.spans == BIG && sum.errors == BIG / 1000 &&
           sum.orphans == 0,
       "36: its summary");
    ok(seconds < 1, "36: in %.0f ms of CPU", seconds * 1e3);
    note("36: %zu MB of the arena", c->arena->taken >> 20);
    test_big_table(r, trace);
    c = reader_call(r, "");
    ok(span_store_trace(c, trace, &t, &tree) && t.count == TRACE_WHOLE_MAX && t.stored == BIG,
       "36: whole ones up to the limit");
}

/* ---- where ---- */

static void roll(struct kit *k)
{
    for (uint64_t i = 0; i < 60; i++) {
        struct record_event e = kit_event(i + 1 + (uint64_t)world_ticks_us(), 1);

        kit_put_event(k, 0, &e);
    }
    kit_counted(k);
}

static void test_ids(void)
{
    uint8_t id[16], span[8];

    ok(span_trace_id(TEXT("0102030405060708090A0b0c0d0e0f10"), id) && id[9] == 0x0a, "a trace id");
    ok(span_trace_id(TEXT("01020304-0506-0708-090a-0b0c0d0e0f10"), id), "with dashes");
    ok(span_trace_id(TEXT("090a0b0c0d0e0f10"), id) && id[0] == 0 && id[8] == 9, "a short one");
    ok(!span_trace_id(TEXT("00000000000000000000000000000000"), id), "zero is none");
    ok(!span_trace_id(TEXT("xyz"), id) && !span_trace_id(TEXT(""), id), "nor is this");
    ok(span_span_id(TEXT("00000000000000ab"), span) && span[7] == 0xab, "a span id");
    ok(!span_span_id(TEXT("ab"), span), "a short one is none");
}

int main(void)
{
    struct span_maker m = {.seed = 1, .services = 1};
    struct known *known = calloc(1, sizeof *known);
    struct reader r;
    struct kit k;

    test_ids();
    kit_open(&k, "/tmp");
    m.now_ns = (uint64_t)world_now_ms() * 1000000 - 20000000000u;
    k.conf.segment_rows = 50;
    ok(kit_start(&k), "a writer");
    for (int i = 0; i < 20; i++) {
        put_traces(&k, &m, known, 40);
        kit_settled(&k);
    }
    ok(kit_counted(&k) && reader_open(&r, &k), "%u traces", known->count);
    read_each(&r, known, "in use");
    read_many(&r, known, "in use");
    test_limit(&r, known);
    test_walks(&k, &r, known);
    query_release(
        r.q); /* as the thread does after each job: no reader, so the file can be sealed */
    roll(&k);
    ok(kit_all_are(&k, "sealed", 10), "sealed");
    read_each(&r, known, "sealed");
    read_many(&r, known, "sealed");
    for (int i = 0; i < 5; i++) {
        put_traces(&k, &m, known, 40);
        kit_settled(&k);
    }
    kit_counted(&k);
    read_many(&r, known, "sealed and in use");
    test_walks(&k, &r, known);
    test_budget(&r);
    test_logs(&k, &r);
    test_big(&k, &r);
    query_release(r.q);
    k.conf.seal_idle_s = 0;
    is_int(kit_stop(&k), 0, "stop");
    ok(kit_start(&k), "once it is quiet");
    ok(kit_all_are(&k, "packed", 20), "packed");
    read_each(&r, known, "packed");
    read_many(&r, known, "packed");
    reader_close(&r);
    is_int(kit_stop(&k), 0, "stop");
    kit_close(&k);
    free(known);
    return done_testing();
}
