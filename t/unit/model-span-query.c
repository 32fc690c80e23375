/* Conditions on spans and log records: the words people type, TraceQL, what blocks they need. */
#include "model/span_query.h"

#include "model/marks.h"
#include "model/query_words.h"
#include "model/traceql.h"
#include "proto/limits.h"
#include "proto/record_span.h"
#include "t/lib/tap.h"

#define NOW_MS 1760000000000LL

static struct arena arena;

static struct attr str(const char *key, const char *value)
{
    return (struct attr){.key = text_of(key), .text = text_of(value), .kind = ATTR_STRING};
}
static struct attr num(const char *key, int64_t v)
{
    return (struct attr){.key = text_of(key), .integer = v, .kind = ATTR_INT};
}
static struct attr real(const char *key, double v)
{
    return (struct attr){.key = text_of(key), .real = v, .kind = ATTR_DOUBLE};
}
static struct attr json(const char *key, const char *v)
{
    return (struct attr){.key = text_of(key), .text = text_of(v), .kind = ATTR_JSON};
}
static struct attr yes(const char *key)
{
    return (struct attr){.key = text_of(key), .integer = 1, .kind = ATTR_BOOL};
}

/* ---- a span with everything ---- */

static struct resource resource;
static struct span_event event;

static struct span a_span(void)
{
    static struct attr attrs[9], own[2], of_event[1];
    struct span s = {.trace_id = {0xab, 1},
                     .span_id = {0xcd, 2},
                     .parent_id = {0xef, 3},
                     .start_ns = NOW_MS * 1000000ULL,
                     .end_ns = NOW_MS * 1000000ULL + 250000000,
                     .name = TEXT("GET /cart/:id"),
                     .kind = SPAN_SERVER,
                     .code = SPAN_FAILED,
                     .flags = SPAN_ENTRY | SPAN_ERROR,
                     .status_message = TEXT("no stock"),
                     .resource = &resource};

    attrs[0] = num("http.response.status_code", 500);
    attrs[1] = str("http.request.method", "GET");
    attrs[2] = json("tags", "[\"red\",\"blue\",7]");
    attrs[3] = str("user", "anna*b \"x\"");
    attrs[4] = real("ratio", 0.25);
    attrs[5] = yes("cached");
    attrs[6] = str("zip", "01234");
    attrs[7] = str("http.route", "/cart/:id");
    attrs[8] = str("lines", "a\nb\t\"");
    s.attrs = (struct attrs){.at = attrs, .count = 9};
    own[0] = str("host.name", "web-1");
    own[1] = str("k8s.pod", "p-7");
    resource = (struct resource){.service = TEXT("cart"),
                                 .release = TEXT("cart@1.2.0"),
                                 .environment = TEXT("production"),
                                 .attrs = {.at = own, .count = 2}};
    of_event[0] = str("exception.type", "KeyError");
    event = (struct span_event){.name = TEXT("exception"), .attrs = {.at = of_event, .count = 1}};
    s.events = &event;
    s.event_count = 1;
    return s;
}

/* ---- what is passed over by its bytes has no answer ---- */

static struct text record_of(const struct span *s)
{
    struct span_packer *p = span_packer_new();
    struct buf b;

    buf_init(&b, &arena, 4096, RECORD_MAX);
    span_packer_open(p, 1, NOW_MS, NULL);
    span_packer_add(p, s);
    span_packer_finish(p, &b);
    span_packer_free(p);
    return buf_result(&b);
}

static bool may_hold(const char *words, const struct span *s, uint32_t *holds)
{
    struct query_hold list[QUERY_HOLDS];
    struct span_query q;
    struct text error;
    uint32_t root;
    bool may;

    query_begin(&q, &arena);
    *holds = 0;
    may = !query_words(text_of(words), NOW_MS, &arena, &q, &root, &error) ||
          query_may_hold(list, *holds = query_holds(&q, root, list, QUERY_HOLDS), record_of(s));
    query_end(&q);
    return may;
}

static void test_holds(void)
{
    static const char *const absent[] = {"cart.id:7",       "user.id:user-4711",
                                         "service:shop",    "name:\"GET /help\"",
                                         "host.name:web-2", "service:cart cart.id:7"};
    static const char *const unsure[] = {"!cart.id:7",
                                         "cart.id:7 OR service:cart",
                                         "*art.id*",
                                         "zip:1234",
                                         "ratio:0.25",
                                         "ratio:2.5e-1",
                                         "cached:true",
                                         "tags:red",
                                         "http.status_code:500"};
    struct span s = a_span();
    uint32_t holds;

    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        ok(!may_hold(absent[i], &s, &holds), "no record has an answer to %s", absent[i]);
    for (size_t i = 0; i < sizeof unsure / sizeof *unsure; i++)
        ok(may_hold(unsure[i], &s, &holds), "one may have to %s", unsure[i]);
    may_hold("host.name:web-1", &s, &holds);
    is_int(holds, 2, "a key and a text");
    may_hold("zip:01234", &s, &holds);
    is_int(holds, 1, "a number has many forms");
}

static enum query_answer ask(const char *words, const struct query_item *item)
{
    struct span_query q;
    struct text error;
    uint32_t root;
    enum query_answer answer = QUERY_NO;

    query_begin(&q, &arena);
    if (query_words(text_of(words), NOW_MS, &arena, &q, &root, &error))
        answer = query_ask(&q, root, item, &arena);
    else
        note("%s: %.*s", words, TEXT_ARG(error));
    if (answer == QUERY_YES && item->span) {
        struct query_hold list[QUERY_HOLDS];
        uint32_t holds = query_holds(&q, root, list, QUERY_HOLDS);

        ok(query_may_hold(list, holds, record_of(item->span)), "%s: its record is read", words);
    }
    query_end(&q);
    return answer;
}

static void test_words(void)
{
    static const char *const right[] = {"",
                                        "service:cart",
                                        "service:c*",
                                        "!service:shop",
                                        "name:\"GET /cart/:id\"",
                                        "cart",
                                        "\"/cart/\"",
                                        "GET /cart",
                                        "http.response.status_code:500",
                                        "http.status_code:500",
                                        "http.response.status_code:>=500",
                                        "http.response.status_code:\"500\"",
                                        "span.duration:>200ms",
                                        "span.duration:<0.3s",
                                        "span.duration:>200",
                                        "duration:250ms",
                                        "tags[http.response.status_code,number]:500",
                                        "tags[zip]:01234",
                                        "zip:01234",
                                        "tags:red",
                                        "tags:7",
                                        "ratio:0.25",
                                        "ratio:<1",
                                        "cached:true",
                                        "has:user",
                                        "!has:nothing",
                                        "user:\"anna\\*b \\\"x\\\"\"",
                                        "user:anna*",
                                        "error:true",
                                        "error:1",
                                        "status:error",
                                        "span.status:internal_error",
                                        "kind:server",
                                        "is_transaction:true",
                                        "transaction:*cart*",
                                        "service:[shop,cart]",
                                        "environment:production release:cart@1.2.0",
                                        "host.name:web-1",
                                        "service:shop OR service:cart",
                                        "(service:shop OR name:x) OR error:true",
                                        "service:cart AND (error:true OR name:x)",
                                        "!service:[a,b]",
                                        "timestamp:>2025-10-01",
                                        "timestamp:-24h",
                                        "id:cd02000000000000",
                                        "parent_span:ef03000000000000",
                                        "trace:ab010000000000000000000000000000",
                                        "span.status.message:\"no stock\"",
                                        "nothing:\"\"",
                                        "http.url:\"\" ",
                                        "GET*cart",
                                        "span.op:http.server",
                                        "project:shop"};
    static const char *const wrong[] = {"service:shop",
                                        "!service:cart",
                                        "name:GET",
                                        "cart2",
                                        "http.response.status_code:>500",
                                        "span.duration:>1s",
                                        "zip:1234x",
                                        "ratio:1",
                                        "cached:false",
                                        "has:nothing",
                                        "!has:user",
                                        "error:false",
                                        "kind:client",
                                        "service:cart name:x",
                                        "service:[a,b]",
                                        "tags:green",
                                        "timestamp:<2025-10-01",
                                        "user:\"\"",
                                        "event:exception",
                                        "platform:python"};
    static const char *const bad[] = {
        "span.duration:>soon",
        "timestamp:yesterday",
        "service:\"x",
        "service:[a",
        "service:[]",
        "(service:x",
        "service:x)",
        "OR service:x",
        "service:x OR",
        "http.code:>many",
        "((((((((((((((((((((((((((((((((((x))))))))))))))))))))))))))))))))))"};
    struct span s = a_span();
    struct query_item item = {.span = &s, .project = TEXT("shop")};
    struct span_query q;
    struct text error;
    uint32_t root;

    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        is_int(ask(right[i], &item), QUERY_YES, "%s", right[i]);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        is_int(ask(wrong[i], &item), QUERY_NO, "not %s", wrong[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool read;

        query_begin(&q, &arena);
        read = query_words(text_of(bad[i]), NOW_MS, &arena, &q, &root, &error);
        ok(!read && error.len > 4, "%s is refused: %.*s", bad[i], TEXT_ARG(error));
        query_end(&q);
    }
    is_int(ask("root.service:cart", &item), QUERY_MAYBE, "of the trace: not known from one span");
    is_int(ask("!root.service:cart", &item), QUERY_MAYBE, "nor is its opposite");
    is_int(ask("root.service:cart service:shop", &item), QUERY_NO, "unless something else decides");
}

static void test_logs(void)
{
    struct attr attrs[] = {str("user.id", "7")};
    struct logrec l = {.time_ns = NOW_MS * 1000000ULL,
                       .severity = 17,
                       .resource = &resource,
                       .body = {.kind = ATTR_STRING, .text = TEXT("payment refused: card 4")},
                       .attrs = {.at = attrs, .count = 1}};
    struct query_item item = {.log = &l};

    is_int(ask("level:error", &item), QUERY_YES, "a log's level");
    is_int(ask("severity:ERROR", &item), QUERY_YES, "in other words");
    is_int(ask("level:[warn,error] user.id:7", &item), QUERY_YES, "and an attribute");
    is_int(ask("payment", &item), QUERY_YES, "its text");
    is_int(ask("message:*refused*", &item), QUERY_YES, "a pattern");
    is_int(ask("message:refused", &item), QUERY_YES, "a part of it");
    is_int(ask("severity_number:>=17", &item), QUERY_YES, "severity");
    is_int(ask("level:info", &item), QUERY_NO, "another level");
    is_int(ask("service:cart", &item), QUERY_YES, "its service");
}

/* ---- TraceQL ---- */

static enum query_answer ask_tql(const char *t, const struct query_item *item)
{
    struct traceql q;
    struct text error;
    enum query_answer answer = QUERY_NO;

    if (traceql_read(text_of(t), &arena, &q, &error))
        answer = query_ask(&q.query, traceql_lead(&q), item, &arena);
    else
        note("%s: %.*s", t, TEXT_ARG(error));
    query_end(&q.query);
    return answer;
}

static void test_traceql_filter(void)
{
    static const char *const right[] = {
        "{}",
        "{ }",
        "",
        "{resource.service.name=\"cart\"}",
        "{ .service.name = \"cart\" }",
        "{ span.http.response.status_code = 500 }",
        ("{ span.http.response.status_code >= 500 && "
         "name =~ \"GET .*\" }"),
        "{ duration > 200ms }",
        "{ duration<1.5s && duration > 1us}",
        "{ status = error }",
        "{ span:status = error && kind = server }",
        "{ .tags = \"red\" }",
        "{ .nothing = nil }",
        "{ .user != nil }",
        "{ span.cached = true }",
        "{ span.cached }",
        "{ !(.nothing = \"x\") }",
        "{ event.exception.type = \"KeyError\" }",
        "{ event:name = \"exception\" }",
        "{ .ratio = 0.25 || name = \"x\" }",
        "{ (name = \"x\" || .ratio < 1) && statusMessage = `no stock` }",
        "{ span.\"http.route\" = \"/cart/:id\" }",
        "{ name !~ \"POST.*\" }",
        "{ true }",
        "{ resource.host.name =~ \"web-[0-9]+\" }",
        "{ resource.host.name =~ `(?:web)-\\d+` }",
        "{ .user != \"bert\" }",
        "{ .user =~ \"anna.*\" } | select(span.user, name)",
        "{ name != \"x\" } | count() > 0",
        "{} with (most_recent=true)",
        "{ span.zip = \"01234\" } | by(resource.service.name)",
        "{ .lines = \"a\\nb\\t\\\"\" && .lines =~ \"a\\n[b]\\t.\" }",
        "{} | by(name) | coalesce() | count() > 0"};
    static const char *const wrong[] = {"{ resource.service.name = \"shop\" }",
                                        "{ span.service.name = \"x\" }",
                                        "{ .nothing != \"x\" }",
                                        "{ name =~ \"GET\" }",
                                        "{ duration > 1s }",
                                        "{ status = ok }",
                                        "{ false }",
                                        "{ event.exception.type = \"ValueError\" }",
                                        "{ .user = nil }",
                                        "{ name !~ \"GET.*\" }"};
    static const char *const bad[] = {"{",
                                      "{ name = }",
                                      "{ name ",
                                      "{ name = \"x }",
                                      "{ foo = 1 }",
                                      "name = 1",
                                      "{} | rate()",
                                      "{ duration > 5 parsecs }",
                                      "{ name =~ \"(\" }",
                                      "{ name =~ \"(a)\\\\1\" }",
                                      "{} | avg(name) > 1",
                                      "{} foo",
                                      "{ name =~ \"a{1,1000}\" }",
                                      "{ nestedSetParent = 3 }",
                                      "{ nestedSetParent }",
                                      "{} | count()",
                                      "{} | by(name) | count() > 1"};
    struct span s = a_span();
    struct query_item item = {.span = &s};
    struct traceql q;
    struct text error;

    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        is_int(ask_tql(right[i], &item), QUERY_YES, "%s", right[i]);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        is_int(ask_tql(wrong[i], &item), QUERY_NO, "not %s", wrong[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool read = traceql_read(text_of(bad[i]), &arena, &q, &error);

        ok(!read && error.len > 4, "%s is refused: %.*s", bad[i], TEXT_ARG(error));
        query_end(&q.query);
    }
    is_int(ask_tql("{ rootName = \"x\" }", &item), QUERY_MAYBE, "of the whole trace");
}

/* a(cart) - b(db)
 *         - c(pay) - d(db)   */
static void test_traceql_sets(void)
{
    static const struct {
        const char *query;
        const char *hits;
    } cases[] = {
        {"{ name = \"a\" } >> { name = \"d\" }", "d"},
        {"{ name = \"a\" } > { name = \"d\" }", NULL},
        {"{ name = \"c\" } > { name = \"d\" }", "d"},
        {"{ name = \"d\" } << { name = \"a\" }", "a"},
        {"{ name = \"d\" } < { name = \"c\" }", "c"},
        {"{ name = \"d\" } < { name = \"a\" }", NULL},
        {"{ name = \"b\" } ~ { name = \"c\" }", "c"},
        {"{ name = \"b\" } ~ { name = \"b\" }", NULL},
        {"{ name = \"b\" } && { name = \"d\" }", "bd"},
        {"{ name = \"b\" } && { name = \"x\" }", NULL},
        {"{ name = \"b\" } || { name = \"x\" }", "b"},
        {"({ name = \"a\" } > { name = \"c\" }) > { name = \"d\" }", "d"},
        {"{ name = \"a\" } >> { name =~ \"[bd]\" } | count() = 2", "bd"},
        {"{} | count() > 4", NULL},
        {"{} | count() = 4", "abcd"},
        {"{} | max(duration) > 30ns", "abcd"},
        {"{} | avg(duration) > 32ns", NULL},
        {"{ rootName = \"a\" && rootServiceName = \"cart\" && traceDuration = 40ns && name = \"b\" "
         "}",
         "b"},
        {"{ span:childCount = 2 }", "a"},
        {"{ nestedSetParent < 0 }", "a"},
        {"{ nestedSetParent = -1 }", "a"},
        {"{ nestedSetParent >= 0 && name != \"d\" }", "bc"},
        {"{ nestedSetParent != -1 }", "bcd"},
    };
    struct span s[4];
    struct trace t;
    struct trace_summary sum;

    memset(s, 0, sizeof s);
    for (uint32_t i = 0; i < 4; i++) {
        s[i] = (struct span){.trace_id = {1},
                             .span_id = {(uint8_t)(i + 1)},
                             .parent_id = {i == 0   ? 0
                                           : i == 3 ? 3
                                                    : 1},
                             .start_ns = 100 + i,
                             .end_ns = 140 - i * 5,
                             .name = {&"abcd"[i], 1},
                             .resource = &resource};
    }
    ok(trace_build(s, 4, &arena, &t) && trace_summarise(&t, &arena, &sum), "a trace of four");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct traceql q;
        struct text error;
        bool hit[4];
        uint32_t hits, n = 0;
        char names[8];

        if (!traceql_read(text_of(cases[i].query), &arena, &q, &error)) {
            ok(false, "%s: %.*s", cases[i].query, TEXT_ARG(error));
            continue;
        }
        if (!traceql_find(&q, &t, &sum, &arena, hit, &hits)) {
            ok(!cases[i].hits, "%s finds nothing", cases[i].query);
        } else {
            for (uint32_t k = 0; k < 4; k++) /* "abcd" is not the order of the nodes */
                for (uint32_t m = 0; m < 4; m++)
                    if (hit[m] && t.nodes[m].span == &s[k])
                        names[n++] = "abcd"[k];
            names[n] = 0;
            is_str(names, cases[i].hits ? cases[i].hits : "nothing", "%s", cases[i].query);
        }
        query_end(&q.query);
    }
}

/* ---- blocks ---- */

static bool passes(const char *words, struct text filter)
{
    struct query_need needs[QUERY_NEEDS];
    struct span_query q;
    struct text error;
    uint32_t root, count;
    bool good = true;

    query_begin(&q, &arena);
    query_words(text_of(words), NOW_MS, &arena, &q, &root, &error);
    count = query_needs(&q, root, needs, QUERY_NEEDS);
    for (uint32_t i = 0; i < count; i++) {
        bool any = false;

        for (uint32_t k = 0; k < needs[i].count; k++)
            any |= marks_has_word(filter, needs[i].words[k]);
        good &= any;
    }
    query_end(&q);
    return good;
}

static void test_needs(void)
{
    struct marks m = {0};
    struct span s = a_span();
    struct text filter;

    for (uint32_t i = 0; i < s.attrs.count; i++)
        marks_add_attr(&m, &s.attrs.at[i]);
    marks_add_word(&m, marks_word(MARKS_SERVICE, TEXT("cart")));
    marks_add_word(&m, marks_word(MARKS_STATUS, TEXT("error")));
    filter = marks_words(&m);
    ok(passes("", filter), "anything may be in a block");
    ok(passes("service:cart", filter), "its service is");
    ok(!passes("service:shop", filter), "another is not");
    ok(passes("http.response.status_code:500", filter), "a number");
    ok(passes("http.status_code:500", filter), "under its old name");
    ok(!passes("http.status_code:404", filter), "another number is not");
    ok(passes("tags:red", filter), "arrays are looked into");
    ok(passes("ratio:0.25", filter), "fractions as well");
    ok(passes("error:true service:cart", filter), "both");
    ok(!passes("error:true service:x", filter), "not both");
    ok(passes("service:x OR error:true", filter), "or: not known");
    ok(passes("!service:x", filter), "not: not known");
    ok(passes("zip:01234", filter), "a number with a zero in front is its text");
    marks_free(&m);
}

static void test_durations(void)
{
    static const struct {
        const char *text;
        double ns;
    } good[] = {{"1.5s", 1.5e9}, {"100ms", 1e8}, {"500us", 5e5}, {"2h45m", 9.9e12},
                {"7ns", 7},      {"3µs", 3000},  {"0", 0},       {"1d", 86400e9}};
    static const char *const bad[] = {"", "5", "s", "5x", "1.2.3s", "5 s", "-1s"};
    double ns;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ok(query_duration(text_of(good[i].text), &ns) && ns == good[i].ns, "%s", good[i].text);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ok(!query_duration(text_of(bad[i]), &ns), "not \"%s\"", bad[i]);
}

int main(void)
{
    arena_init(&arena, 16 * MIB);
    test_words();
    test_logs();
    test_traceql_filter();
    test_traceql_sets();
    test_needs();
    test_holds();
    test_durations();
    arena_free(&arena);
    return done_testing();
}
