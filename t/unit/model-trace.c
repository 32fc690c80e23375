/* Trace assembly: whatever the spans, one tree. Numbers are those of the list of cases in
 * docs/compatibility.md, "OTLP". */
#include <time.h>

#include "model/trace.h"
#include "proto/limits.h"
#include "t/lib/tap.h"

static struct arena arena;

#define MS 1000000ULL

static struct resource services[4] = {{.service = TEXT("web")},
                                      {.service = TEXT("cart")},
                                      {.service = TEXT("pay")},
                                      {.service = TEXT("mail")}};

/* id and parent are small numbers; times in ms. */
static struct span span(uint64_t id, uint64_t parent, uint64_t start, uint64_t end,
                        const char *name)
{
    struct span s = {.start_ns = start * MS,
                     .end_ns = end * MS,
                     .name = text_of(name),
                     .kind = SPAN_INTERNAL,
                     .weight = 1,
                     .resource = &services[0]};

    s.trace_id[15] = 1;
    memcpy(s.span_id, &id, 8);
    memcpy(s.parent_id, &parent, 8);
    if (!parent)
        s.flags |= SPAN_ENTRY;
    return s;
}

static struct trace build(const struct span *spans, uint32_t count)
{
    struct trace t;

    if (!trace_build(spans, count, &arena, &t))
        note("the arena is spent");
    return t;
}

/* The tree as text: "a(b(c)d)", siblings in order. */
static const char *shape(const struct trace *t)
{
    struct buf b;
    uint32_t depth = 0;

    buf_init(&b, &arena, 256, MIB);
    for (uint32_t i = 0; i < t->count; i++) {
        const struct trace_node *n = &t->nodes[i];

        if (i && n->depth > depth)
            buf_byte(&b, '(');
        for (; i && depth > n->depth; depth--)
            buf_byte(&b, ')');
        depth = n->depth;
        buf_text(&b, n->key->name);
    }
    for (; depth; depth--)
        buf_byte(&b, ')');
    buf_byte(&b, '\0');
    return b.at;
}

static void test_tree(void)
{
    struct span s[] = {span(4, 3, 30, 40, "d"), span(2, 1, 10, 20, "b"), span(3, 1, 25, 90, "c"),
                       span(1, 0, 0, 100, "a")};
    struct trace t = build(s, 4);

    is_str(shape(&t), "a(bc(d))", "children first, as SDKs send them: one tree");
    is_int(t.root, 0, "its root");
    ok(t.start_ns == 0 && t.end_ns == 100 * MS, "its extent");
    is_int(t.nodes[0].self_ns, (10 + 5 + 10) * MS, "self time: what no child covers");
    is_int(t.nodes[2].self_ns, 55 * MS, "of an inner span");
    is_int(t.nodes[0].subtree, 4, "spans below");
    is_int(t.nodes[2].depth, 1, "depth");
    is_int(t.nodes[0].child_count, 2, "children");
    is_int(t.orphans, 0, "no orphans");
    is_int(trace_find(&t, s[0].span_id), 3, "a span is found by its id");
    t = build(s, 0);
    is_int(t.root, TRACE_NONE, "no spans, no root");
    t = build(s, 1);
    ok(t.count == 1 && t.orphans == 1 && t.root == 0, "one orphan is its own root");
}

static void test_order(void)
{
    struct span s[60], mixed[60];
    uint64_t seed = 9;
    const char *want;
    int same = 0;

    for (uint32_t i = 0; i < 60; i++)
        s[i] = span(i + 1, i ? 1 + i / 3 : 0, i, 200 - i, arena_printf(&arena, "<%u>%c", i, 0).at);
    {
        struct trace t = build(s, 60);

        want = shape(&t);
    }
    for (int round = 0; round < 50; round++) {
        struct trace t;

        memcpy(mixed, s, sizeof s);
        for (uint32_t i = 59; i > 0; i--) {
            uint32_t k = (uint32_t)((seed = seed * 6364136223846793005u + 1) >> 33) % (i + 1);
            struct span swap = mixed[i];

            mixed[i] = mixed[k];
            mixed[k] = swap;
        }
        t = build(mixed, 60);
        same += strcmp(shape(&t), want) == 0;
    }
    is_int(same, 50, "8.34 in any order: the same tree");
}

static void test_roots(void)
{
    struct span s[] = {span(2, 9, 10, 20, "b"), span(3, 9, 5, 30, "c"), span(4, 2, 12, 13, "d")};
    struct span late[] = {s[0], s[1], s[2], span(9, 0, 0, 50, "a")};
    struct span two[] = {span(1, 0, 50, 60, "x"), span(2, 7, 1, 2, "y"), span(3, 0, 40, 45, "z")};
    struct trace t = build(s, 3);

    is_str(shape(&t), "cb(d)", "8.35 without the root: the pieces, by start");
    ok(t.root_count == 2 && t.orphans == 2, "8.35 orphans are counted");
    is_text(t.nodes[t.root].span->name, "c", "8.35 the earliest is shown as root");
    ok(t.nodes[0].flags & NODE_ORPHAN && !(t.nodes[2].flags & NODE_ORPHAN), "orphans are marked");
    t = build(late, 4);
    is_str(shape(&t), "a(cb(d))", "8.34 the parent comes later: one tree");
    t = build(two, 3);
    is_text(t.nodes[t.root].span->name, "z", "the earliest without a parent goes before an orphan");
}

static void test_cycles(void)
{
    struct span pair[] = {span(1, 2, 5, 10, "a"), span(2, 1, 3, 9, "b")};
    struct span ring[] = {span(1, 3, 5, 10, "a"), span(2, 1, 6, 9, "b"), span(3, 2, 7, 9, "c"),
                          span(4, 3, 8, 9, "tail"), span(5, 0, 0, 1, "root")};
    struct span self = span(1, 1, 0, 1, "me");
    struct trace t = build(pair, 2);

    is_str(shape(&t), "b(a)", "8.23 parents of each other: the earlier is the root");
    ok(t.cycles == 1 && t.nodes[0].flags & NODE_CUT, "8.23 and marked");
    t = build(ring, 5);
    is_str(shape(&t), "roota(b(c(tail)))", "a circle of three, with a tail");
    is_int(t.cycles, 1, "one circle");
    t = build(&self, 1);
    is_str(shape(&t), "me", "8.23 its own parent");
}

static void test_duplicates(void)
{
    struct span s[] = {span(1, 0, 0, 10, "a"), span(2, 1, 2, 5, "b"), span(2, 1, 2, 8, "b2"),
                       span(1, 0, 0, 10, "a")};
    struct span shared[] = {span(1, 0, 0, 100, "root"), span(2, 1, 10, 90, "client"),
                            span(2, 1, 12, 88, "server"), span(3, 2, 20, 30, "work"),
                            span(4, 2, 11, 12, "dns")};
    struct trace t = build(s, 4);

    is_str(shape(&t), "a(b2)", "8.32 twice: once; the one that knows more stays");
    is_int(t.duplicates, 2, "8.32 counted");
    shared[1].kind = SPAN_CLIENT;
    shared[2].kind = SPAN_SERVER;
    shared[2].resource = shared[3].resource = &services[1];
    t = build(shared, 5);
    is_str(shape(&t), "root(client(dnsserver(work)))",
           "8.33 client and server share an id: two spans, the server's below the client's");
    is_int(t.duplicates, 0, "8.33 no duplicates");
}

static void test_segments(void)
{
    struct attr at = {
        .key = TEXT("sentry.segment.id"), .kind = ATTR_STRING, .text = TEXT("0100000000000000")};
    struct span s[] = {span(1, 0, 0, 100, "transaction"), span(2, 77, 10, 20, "child")};
    struct trace t;

    s[1].flags |= SPAN_SENTRY;
    s[1].attrs = (struct attrs){.at = &at, .count = 1};
    t = build(s, 2);
    is_str(shape(&t), "transaction(child)", "a lost parent: below the transaction it names");
    ok(t.nodes[1].flags & NODE_GUESSED && t.orphans == 0, "marked as guessed");
}

static void test_entries(void)
{
    struct span s[] = {span(1, 0, 0, 100, "a"), span(2, 1, 10, 90, "call"),
                       span(3, 2, 20, 80, "serve"), span(4, 3, 30, 40, "work")};
    struct trace t;

    s[2].resource = s[3].resource = &services[1];
    t = build(s, 4);
    ok(t.nodes[0].flags & NODE_ENTRY && !(t.nodes[1].flags & NODE_ENTRY), "a root is an entry");
    ok(t.nodes[2].flags & NODE_ENTRY && !(t.nodes[3].flags & NODE_ENTRY),
       "so is a child of another service");
}

static void test_summary(void)
{
    struct span s[] = {span(1, 0, 0, 100, "GET /"), span(2, 1, 10, 90, "x"), span(3, 9, 5, 6, "o")};
    struct trace_summary sum;
    struct trace t;

    s[1].resource = &services[1];
    s[1].flags |= SPAN_ERROR;
    t = build(s, 3);
    ok(trace_summarise(&t, &arena, &sum), "a summary");
    is_text(sum.root_service, "web", "root service");
    is_text(sum.root_name, "GET /", "root name");
    ok(sum.spans == 3 && sum.errors == 1 && sum.orphans == 1, "spans, errors, orphans");
    ok(sum.service_count == 2 && sum.services[0].spans == 2 && sum.services[1].errors == 1,
       "per service");
}

static const char *path(struct trace *t)
{
    struct trace_section *s;
    uint32_t count;
    struct buf b;

    buf_init(&b, &arena, 256, MIB);
    if (!trace_critical(t, t->root, &arena, &s, &count))
        return "spent";
    for (uint32_t i = 0; i < count; i++)
        buf_printf(&b, "%s%.*s:%u-%u", i ? " " : "", TEXT_ARG(t->nodes[s[i].node].span->name),
                   (unsigned)(s[i].from_ns / MS), (unsigned)(s[i].to_ns / MS));
    buf_byte(&b, '\0');
    return b.at;
}

static void test_critical(void)
{
    struct span s[] = {span(1, 0, 0, 100, "a"), span(2, 1, 10, 40, "b"), span(3, 1, 20, 90, "c"),
                       span(4, 3, 50, 85, "d")};
    struct span early[] = {span(1, 0, 0, 100, "a"), span(2, 1, 10, 40, "b"),
                           span(3, 1, 50, 90, "c"), span(4, 3, 20, 85, "d")};
    struct span over[] = {span(1, 0, 0, 1000, "a"), span(2, 1, 100, 1030, "late"),
                          span(3, 1, 100, 3000, "async"), span(4, 1, 10, 999, "consumer")};
    struct trace t = build(s, 4);

    is_str(path(&t), "a:0-20 c:20-50 d:50-85 c:85-90 a:90-100",
           "critical path: gaps are the parent's");
    ok(t.nodes[0].critical_ns == 30 * MS && t.nodes[2].flags & NODE_CRITICAL &&
           !(t.nodes[1].flags & NODE_CRITICAL),
       "nodes are marked");
    t = build(early, 4);
    is_str(path(&t), "a:0-20 d:20-85 c:85-90 a:90-100",
           "a child that began before its parent: no moment is explained twice");
    over[3].kind = SPAN_CONSUMER;
    t = build(over, 4);
    is_str(path(&t), "a:0-100 late:100-1000",
           "a small overhang counts, what runs on does not, nor do consumers");
}

static void test_edges(void)
{
    struct attr db = {
        .key = TEXT("db.system.name"), .kind = ATTR_STRING, .text = TEXT("postgresql")};
    struct span s[] = {span(1, 0, 0, 100, "GET /"), span(2, 1, 10, 90, "call"),
                       span(3, 2, 20, 80, "serve"), span(4, 3, 30, 40, "SELECT"),
                       span(5, 3, 45, 50, "send"),  span(6, 5, 70, 75, "process")};
    struct trace_edge *e;
    uint32_t count;
    struct trace t;

    s[0].kind = SPAN_SERVER;
    s[1].kind = SPAN_CLIENT;
    s[2].kind = SPAN_SERVER;
    s[3].kind = SPAN_CLIENT;
    s[4].kind = SPAN_PRODUCER;
    s[5].kind = SPAN_CONSUMER;
    s[2].resource = s[3].resource = s[4].resource = &services[1];
    s[5].resource = &services[3];
    s[3].attrs = (struct attrs){.at = &db, .count = 1};
    s[1].flags |= SPAN_ERROR;
    t = build(s, 6);
    ok(trace_edges(&t, &arena, &e, &count) && count == 4, "edges of a trace");
    ok(e[0].kind == EDGE_USER && text_is(e[0].from, "user") && text_is(e[0].to, "web"),
       "a server root is called by a user");
    ok(e[1].kind == EDGE_CALL && text_is(e[1].from, "web") && text_is(e[1].to, "cart") &&
           e[1].errors == 1 && e[1].total_ns == 80 * MS,
       "a call, as the caller saw it");
    ok(e[2].kind == EDGE_DATABASE && text_is(e[2].to, "postgresql"), "a database");
    ok(e[3].kind == EDGE_MESSAGE && text_is(e[3].to, "mail"), "a message");
}

static void test_compare(void)
{
    struct span l[] = {span(1, 0, 0, 100, "GET"), span(2, 1, 10, 20, "sql"),
                       span(3, 1, 30, 40, "sql"), span(4, 1, 50, 60, "gone")};
    struct span r[] = {span(11, 0, 0, 150, "GET"), span(12, 1, 10, 20, "sql"),
                       span(13, 11, 10, 30, "sql"), span(14, 13, 12, 13, "new")};
    struct trace_change *c;
    struct trace left, right;
    uint32_t count;

    memcpy(r[1].parent_id, r[0].span_id, 8);
    left = build(l, 4);
    right = build(r, 4);
    ok(trace_compare(&left, &right, &arena, &c, &count) && count == 4, "two traces side by side");
    ok(text_is(c[0].name, "GET") && c[0].left.total_ns == 100 * MS &&
           c[0].right.total_ns == 150 * MS,
       "the root on both sides");
    ok(text_is(c[1].name, "sql") && c[1].left.spans == 2 && c[1].right.spans == 2 &&
           c[1].depth == 1,
       "spans of one place are counted together");
    ok(text_is(c[2].name, "new") && c[2].left.spans == 0 && c[2].parent == 1, "what is new");
    ok(text_is(c[3].name, "gone") && c[3].right.spans == 0, "what is gone");
}

/* Where the parents are said to be. */
static const char *shape_of_keys(const struct span *spans, const uint32_t *parent_at, uint32_t n)
{
    struct trace_key keys[8];
    struct trace t;

    for (uint32_t i = 0; i < n; i++) {
        keys[i] = trace_key_of(&spans[i]);
        keys[i].parent_at = parent_at[i];
    }
    if (!trace_build_keys(keys, n, &arena, &t) || t.nodes[0].span)
        return "failed";
    return arena_dup(&arena, shape(&t), strlen(shape(&t)));
}

static void test_keys(void)
{
    static const uint32_t none = TRACE_NONE;
    struct span s[] = {span(1, 0, 0, 100, "a"), span(2, 1, 10, 40, "b"), span(3, 2, 12, 20, "c"),
                       span(4, 1, 50, 90, "d")};
    struct span twins[] = {span(1, 0, 0, 100, "a"), span(2, 1, 10, 90, "client"),
                           span(2, 1, 12, 88, "server"), span(3, 2, 20, 30, "work")};
    struct span again[] = {span(1, 0, 0, 50, "old"), span(1, 0, 0, 100, "a"),
                           span(2, 1, 10, 40, "b")};

    twins[1].kind = SPAN_CLIENT;
    twins[2].kind = SPAN_SERVER;
    twins[2].resource = twins[3].resource = &services[1];
    is_str(shape_of_keys(s, (uint32_t[]){none, none, none, none}, 4), "a(b(c)d)",
           "keys that do not know their parents");
    is_str(shape_of_keys(s, (uint32_t[]){none, 0, 1, 0}, 4), "a(b(c)d)", "keys that do");
    is_str(shape_of_keys(s, (uint32_t[]){3, 99, 0, 2}, 4), "a(b(c)d)", "keys that are wrong");
    is_str(shape_of_keys(twins, (uint32_t[]){none, 0, 0, 1}, 4), "a(client(server(work)))",
           "of two with the parent's id, not the one that was pointed at");
    is_str(shape_of_keys(again, (uint32_t[]){none, none, 0}, 3), "a(b)",
           "the copy that was pointed at was left out");
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void test_large(void)
{
    uint32_t n = 100000;
    struct span *s = arena_alloc(&arena, n * sizeof *s);
    struct trace_section *sections;
    struct trace t;
    uint32_t count;
    double t0;

    for (uint32_t i = 0; i < n; i++)
        s[i] = span(i + 1, i, i, 2 * n - i, "deep");
    t0 = seconds();
    t = build(s, n);
    ok(t.count == n && t.nodes[n - 1].depth == n - 1, "8.36 100,000 spans in one chain");
    ok(trace_critical(&t, t.root, &arena, &sections, &count) && count == 2 * n - 1,
       "8.36 and their critical path");
    for (uint32_t i = 0; i < n; i++)
        s[n - 1 - i] = span(i + 1, i ? 1 + (i * 2654435761u) % (i < 50 ? 1 : i / 2) : 0, i % 997,
                            1000 + i % 991, "wide");
    t = build(s, n);
    is_int(t.count, n, "8.36 100,000 spans in a bush");
    for (uint32_t i = 0; i < n; i++)
        s[i] = span(i + 1, (i + 1) % n + 1, i, i + 1, "ring");
    t = build(s, n);
    ok(t.count == n && t.cycles == 1, "8.36 100,000 spans in a ring");
    note("three times 100,000 spans took %.0f ms", (seconds() - t0) * 1e3);
}

int main(void)
{
    arena_init(&arena, 1024 * MIB);
    test_tree();
    test_order();
    test_roots();
    test_cycles();
    test_duplicates();
    test_segments();
    test_keys();
    test_entries();
    test_summary();
    test_critical();
    test_edges();
    test_compare();
    test_large();
    arena_free(&arena);
    return done_testing();
}
