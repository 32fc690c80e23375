/* Sentry's transactions, single spans and containers as struct span and struct logrec. Numbers are
 * those of the list of cases in docs/compatibility.md, "Sentry ingest". */
#include <math.h>

#include "proto/limits.h"
#include "proto/sentry_span.h"
#include "t/lib/tap.h"

static struct arena arena;
static struct event event;
static struct sentry_spans got;

#define NOW_US 1770458500000000LL
#define TRACE "\"trace_id\":\"a4d90c3e57b14f82b6e1f7302d58c96b\""

static struct sentry_context context(void)
{
    return (struct sentry_context){.received_us = NOW_US, .project_slug = TEXT("shop")};
}

static struct json *tree(const char *json)
{
    struct json *root = NULL;

    if (json_read(text_of(json), &arena, &root, NULL) != JSON_OK)
        note("bad JSON in the test: %s", json);
    return root;
}

static enum sentry_rc transaction_with(const char *json, const struct sentry_context *ctx)
{
    struct event_context ec = {.received_us = NOW_US};

    if (event_read(text_of(json), &ec, &arena, &event) != EVENT_OK ||
        event_fill(&event, &arena) != EVENT_OK)
        note("not an event: %s", json);
    return sentry_transaction(&event, ctx, &arena, &got);
}

static enum sentry_rc transaction(const char *json)
{
    struct sentry_context ctx = context();

    return transaction_with(json, &ctx);
}

/* A transaction around a list of spans. */
static enum sentry_rc with_spans(const char *spans)
{
    return transaction(arena_printf(&arena,
                                    "{\"type\":\"transaction\",\"transaction\":\"GET /u/:id\","
                                    "\"start_timestamp\":1770458400.5,\"timestamp\":1770458401.5,"
                                    "\"contexts\":{\"trace\":{" TRACE
                                    ",\"span_id\":\"7e2f90ab41c8d356\","
                                    "\"op\":\"http.server\",\"status\":\"ok\"}},\"spans\":%s}%c",
                                    spans, 0)
                           .at);
}

static bool id_is(const uint8_t *id, uint64_t want)
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | id[i];
    return v == want;
}

static void test_transaction(void)
{
    struct sentry_context ctx = context();
    struct json *dsc = tree("{\"sample_rate\":\"0.25\",\"trace_id\":\"x\"}");
    const struct span *root;

    ctx.trace = dsc;
    is_int(transaction_with(
               "{\"type\":\"transaction\",\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\","
               "\"transaction\":\"GET /u/:id\",\"transaction_info\":{\"source\":\"route\"},"
               "\"release\":\"shop@1.2\",\"environment\":\"prod\",\"platform\":\"python\","
               "\"start_timestamp\":1770458400.125003,\"timestamp\":\"2026-02-07T10:00:00.250Z\","
               "\"tags\":{\"color\":\"blue\"},\"user\":{\"id\":7},\"request\":{\"url\":"
               "\"https://shop.example/u/7\",\"method\":\"GET\"},\"measurements\":{\"lcp\":{"
               "\"value\":2543.1,\"unit\":\"millisecond\"}},\"sdk\":{\"name\":\"sentry.python\","
               "\"version\":\"2.1\"},\"contexts\":{\"trace\":{" TRACE
               ",\"span_id\":\"7E2F90AB41C8D356\",\"parent_span_id\":\"00000000000000aa\","
               "\"op\":\"http.server\",\"status\":\"not_found\",\"origin\":\"auto.http\","
               "\"data\":{\"http.response.status_code\":404}},\"profile\":{\"profile_id\":\"p\"}},"
               "\"spans\":[{" TRACE ",\"span_id\":\"0000000000000001\",\"parent_span_id\":"
               "\"7e2f90ab41c8d356\",\"op\":\"db.query\",\"description\":\"SELECT 1\","
               "\"start_timestamp\":1770458400.13,\"timestamp\":1770458400.14,\"status\":\"ok\","
               "\"data\":{\"db.system\":\"postgresql\",\"rows\":3},\"tags\":{\"t\":\"1\"}}]}",
               &ctx),
           SENTRY_OK, "a transaction is read");
    is_int(got.count, 2, "root and one span");
    root = &got.spans[0];
    is_text(root->name, "GET /u/:id", "the root is named by the transaction");
    is_text(root->op, "http.server", "its op");
    is_int(root->kind, SPAN_SERVER, "its kind follows from the op");
    ok(id_is(root->span_id, 0x7e2f90ab41c8d356) && id_is(root->parent_id, 0xaa), "its ids");
    is_int(root->start_ns, 1770458400125003000LL, "start to the microsecond");
    is_int(root->end_ns, 1770458400250000000LL, "end from text");
    ok(root->status == STATUS_NOT_FOUND && root->code == SPAN_FAILED && root->flags & SPAN_ERROR,
       "its status");
    ok(root->flags & SPAN_TRANSACTION && root->flags & SPAN_ENTRY, "it is an entry span");
    ok(root->weight == 4, "sample_rate 0.25: it stands for four");
    is_text(root->resource->service, "shop", "service: the project");
    is_text(root->resource->release, "shop@1.2", "release");
    is_text(root->resource->environment, "prod", "environment");
    is_text(attr_string(&root->attrs, "color"), "blue", "tags are attributes");
    is_text(attr_string(&root->attrs, "user.id"), "7", "so is the user");
    is_text(attr_string(&root->attrs, "sentry.source"), "route", "and the source of the name");
    is_text(attr_string(&root->attrs, "sentry.profile_id"), "p", "and the profile");
    is_text(attr_string(&root->attrs, "sentry.event_id"), "9ec79c33ec9942ab8353589fcb2e04dc",
            "and the event's id");
    ok(attr_get(&root->attrs, "measurements.lcp")->real == 2543.1, "and measurements");
    is_text(got.spans[1].name, "SELECT 1", "a span is named by its description");
    is_int(got.spans[1].kind, SPAN_CLIENT, "db.query: a client's");
    ok(attr_get(&got.spans[1].attrs, "rows")->integer == 3, "its data");
    ok(!(got.spans[1].flags & SPAN_ENTRY), "no entry span");
}

static void test_invalid(void)
{
    is_int(transaction("{\"type\":\"transaction\",\"start_timestamp\":1770458400,"
                       "\"timestamp\":1770458401}"),
           SENTRY_NO_TRACE, "10.57 no trace context");
    is_int(transaction("{\"type\":\"transaction\",\"start_timestamp\":1770458400,\"timestamp\":"
                       "1770458401,\"contexts\":{\"trace\":{\"trace_id\":"
                       "\"00000000000000000000000000000000\",\"span_id\":\"7e2f90ab41c8d356\"}}}"),
           SENTRY_NO_TRACE, "10.57 all-zero trace id");
    is_int(transaction("{\"type\":\"transaction\",\"start_timestamp\":1770458402,\"timestamp\":"
                       "1770458401,\"contexts\":{\"trace\":{" TRACE
                       ",\"span_id\":\"7e2f90ab41c8d356\"}}}"),
           SENTRY_BAD_TIME, "10.57 end before start");
    is_int(transaction(
               "{\"type\":\"transaction\",\"timestamp\":1770458401,\"contexts\":{\"trace\":{" TRACE
               ",\"span_id\":\"7e2f90ab41c8d356\"}}}"),
           SENTRY_BAD_TIME, "no start");
    is_str(sentry_rc_reason(SENTRY_NO_TRACE), "invalid_transaction:no_trace", "the reason");
    is_int(with_spans("[null,7,{},{" TRACE ",\"span_id\":\"0000000000000001\",\"start_timestamp\":"
                      "1770458400.6,\"timestamp\":1770458400.7},{" TRACE ",\"span_id\":"
                      "\"0000000000000002\",\"start_timestamp\":1770458400.6,\"timestamp\":"
                      "1770458400.5}]"),
           SENTRY_OK, "10.57 bad spans do not fail the transaction");
    ok(got.count == 2 && got.broken == 4, "10.57 the rest is stored");
}

static void test_status(void)
{
    static const struct {
        const char *json;
        uint8_t want;
    } cases[] = {
        {"\"success\"", STATUS_OK},
        {"5", STATUS_NOT_FOUND},
        {"\"failure\"", STATUS_INTERNAL_ERROR},
        {"\"weird\"", STATUS_UNKNOWN},
        {"null", STATUS_NONE},
        {"\"unknown_error\"", STATUS_INTERNAL_ERROR},
        {"\"error\"", STATUS_INTERNAL_ERROR},
        {"99", STATUS_UNKNOWN},
        {"\"OK\"", STATUS_OK},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        with_spans(arena_printf(&arena,
                                "[{" TRACE ",\"span_id\":\"0000000000000001\",\"start_timestamp\":"
                                "1770458400.6,\"timestamp\":1770458400.7,\"status\":%s}]%c",
                                cases[i].json, 0)
                       .at);
        ok(got.count == 2 && got.spans[1].status == cases[i].want, "10.58 status %s: %s",
           cases[i].json, span_status_name(cases[i].want));
    }
    ok(!span_status_failed(STATUS_CANCELLED) && !span_status_failed(STATUS_UNKNOWN) &&
           !span_status_failed(STATUS_NONE) && span_status_failed(STATUS_NOT_FOUND),
       "what counts as failed");
}

static void test_parents(void)
{
    with_spans("[{" TRACE ",\"span_id\":\"0000000000000001\",\"start_timestamp\":1770458400.6,"
               "\"timestamp\":1770458400.7},{" TRACE ",\"span_id\":\"0000000000000002\","
               "\"parent_span_id\":\"00000000000000ff\",\"start_timestamp\":1770458400.6,"
               "\"timestamp\":1770458400.7},{" TRACE ",\"span_id\":\"0000000000000003\","
               "\"parent_span_id\":\"0000000000000001\",\"start_timestamp\":1770458400.6}]");
    is_int(got.count, 4, "three spans");
    ok(id_is(got.spans[1].parent_id, 0x7e2f90ab41c8d356), "without a parent: the root's child");
    ok(id_is(got.spans[2].parent_id, 0xff), "a parent that is elsewhere stays");
    is_text(attr_string(&got.spans[2].attrs, "sentry.segment.id"), "7e2f90ab41c8d356",
            "and the span says whose it is");
    ok(!attr_get(&got.spans[1].attrs, "sentry.segment.id"), "others need not");
    ok(got.spans[3].end_ns == got.spans[0].end_ns && got.spans[3].flags & SPAN_UNFINISHED &&
           got.spans[3].status == STATUS_DEADLINE_EXCEEDED,
       "never finished: ends with the transaction, deadline_exceeded");
}

static void test_measurements(void)
{
    struct event_context ec = {.received_us = NOW_US};
    const struct attrs *a;

    transaction("{\"type\":\"transaction\",\"start_timestamp\":1770458400,\"timestamp\":1770458401,"
                "\"contexts\":{\"trace\":{" TRACE ",\"span_id\":\"7e2f90ab41c8d356\"}},"
                "\"measurements\":{\"lcp\":{\"value\":null},\"fcp\":{\"value\":\"12\"},\" FID \":{"
                "\"value\":1},\"bad name\":{\"value\":1},\"cls\":{\"value\":0.1,\"unit\":\"\"},"
                "\"inp\":null}}");
    a = &got.spans[0].attrs;
    ok(!attr_get(a, "measurements.lcp") && !attr_get(a, "measurements.fcp") &&
           !attr_get(a, "measurements.inp"),
       "10.59 null and string values are dropped");
    ok(attr_get(a, "measurements.fid") && attr_get(a, "measurements.fid")->real == 1,
       "10.59 names are trimmed and lower-cased; no unit is no fault");
    ok(!attr_get(a, "measurements.bad name"), "10.59 what is no name is dropped");
    ok(attr_get(a, "measurements.cls")->real == 0.1 && !attr_get(a, "measurements.cls.unit"),
       "10.59 an empty unit is none");
    event_read(TEXT("{\"message\":\"x\",\"measurements\":{\"lcp\":{\"value\":1}}}"), &ec, &arena,
               &event);
    ok(!json_get(event.root, "measurements"), "10.59 removed from an error event");
}

static void test_sampling_context(void)
{
    static const struct {
        const char *trace;
        double weight;
        const char *what;
    } cases[] = {
        {"{\"sample_rate\":0.5}", 2, "10.60 a numeric sample_rate"},
        {"{\"sample_rate\":\"0.5\"}", 2, "10.60 no public_key"},
        {"{\"sample_rate\":\"0.5\",\"public_key\":\"ffffffffffffffffffffffffffffffff\"}", 2,
         "10.60 a foreign public_key"},
        {"{\"sample_rate\":\"0\"}", 1, "a rate of 0 is no rate"},
        {"{\"sample_rate\":\"x\"}", 1, "nor is a word"},
        {"{\"sample_rate\":\"1e-300\"}", 1e6, "a tiny one is bounded"},
        {"[]", 1, "a list is no context"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sentry_context ctx = context();

        ctx.trace = tree(cases[i].trace);
        ok(transaction_with("{\"type\":\"transaction\",\"start_timestamp\":1770458400,"
                            "\"timestamp\":1770458401,\"contexts\":{\"trace\":{" TRACE
                            ",\"span_id\":\"7e2f90ab41c8d356\"}}}",
                            &ctx) == SENTRY_OK &&
               fabs(got.spans[0].weight - cases[i].weight) < 1e-9,
           "%s", cases[i].what);
    }
}

static enum sentry_rc items(const char *json, int64_t count)
{
    struct sentry_context ctx = context();

    return sentry_span_items(tree(json), count, &ctx, &arena, &got);
}

#define V2 TRACE ",\"start_timestamp\":1770458400.125003,\"end_timestamp\":1770458400.147330"

static void test_span_items(void)
{
    is_int(
        items(
            "{\"version\":2,\"items\":[{" V2 ",\"span_id\":\"0000000000000001\",\"name\":\"GET\","
            "\"status\":\"error\",\"is_segment\":true,\"parent_span_id\":\"00000000000000ee\","
            "\"attributes\":{\"sentry.op\":{\"type\":\"string\",\"value\":\"http.server\"},"
            "\"n\":{\"type\":\"integer\",\"value\":200},\"d\":{\"type\":\"double\",\"value\":1},"
            "\"b\":{\"type\":\"boolean\",\"value\":true},\"l\":{\"type\":\"array\",\"value\":[1]},"
            "\"x\":{\"type\":\"integer\",\"value\":\"text\"},\"bare\":5,\"null\":{\"value\":null},"
            "\"untyped\":{\"value\":2.5},\"sentry.release\":{\"value\":\"r@1\"},"
            "\"sentry.environment\":{\"value\":\"e\"}},\"links\":[{" TRACE
            ",\"span_id\":\"0000000000000002\",\"sampled\":true}]},{" V2
            ",\"span_id\":\"0000000000000003\",\"name\":\"child\",\"status\":\"ok\","
            "\"parent_span_id\":\"0000000000000001\"},{\"broken\":true}]}",
            3),
        SENTRY_OK, "a span container");
    ok(got.count == 2 && got.broken == 1, "10.61 one element broken: the others stored");
    is_text(got.spans[0].op, "http.server", "op is an attribute");
    ok(got.spans[0].flags & SPAN_ENTRY && got.spans[0].flags & SPAN_ERROR, "segment, error");
    is_int(attr_get(&got.spans[0].attrs, "n")->integer, 200, "integer");
    is_int(attr_get(&got.spans[0].attrs, "d")->kind, ATTR_DOUBLE, "double by its type");
    is_int(attr_get(&got.spans[0].attrs, "b")->kind, ATTR_BOOL, "boolean");
    is_int(attr_get(&got.spans[0].attrs, "l")->kind, ATTR_JSON, "array");
    is_text(attr_string(&got.spans[0].attrs, "x"), "text",
            "type and value disagree: the value wins");
    is_int(attr_get(&got.spans[0].attrs, "bare")->integer, 5, "a bare value is taken");
    ok(!attr_get(&got.spans[0].attrs, "null"), "null is absent");
    is_int(attr_get(&got.spans[0].attrs, "untyped")->kind, ATTR_DOUBLE, "10.62 no type: inferred");
    is_text(got.spans[0].resource->release, "r@1", "release from attributes");
    is_text(got.spans[0].resource->environment, "e", "environment likewise");
    ok(got.spans[0].link_count == 1 && got.spans[0].links[0].otel_flags == 1, "links");
    ok(!(got.spans[1].flags & SPAN_ENTRY) && got.spans[1].attrs.count == 0,
       "10.62 no attributes at all");
    is_int(items("{\"items\":[{},{}]}", 3), SENTRY_BAD_COUNT, "10.61 item_count wrong");
    is_int(items("{\"version\":99,\"items\":[]}", 0), SENTRY_OK, "10.61 unknown version");
    is_int(items("{\"items\":[{}]}", -1), SENTRY_OK, "no item_count");
    is_int(items("{}", -1), SENTRY_NO_ITEMS, "no items");
    is_int(items("[]", -1), SENTRY_NOT_OBJECT, "no object");
}

static void test_single(void)
{
    struct sentry_context ctx = context();

    is_int(sentry_span(tree("{" TRACE ",\"span_id\":\"0000000000000001\",\"parent_span_id\":"
                            "\"00000000000000aa\",\"op\":\"ui.interaction.click\",\"description\":"
                            "\"body > button\",\"start_timestamp\":1770458400.1,\"timestamp\":"
                            "1770458400.3,\"is_segment\":true,\"exclusive_time\":200,"
                            "\"measurements\":{\"inp\":{\"value\":200,\"unit\":\"millisecond\"}},"
                            "\"data\":{\"release\":\"web@1\",\"environment\":\"prod\"}}"),
                       &ctx, &arena, &got),
           SENTRY_OK, "a span alone");
    ok(got.count == 1 && got.spans[0].flags & SPAN_ENTRY, "is_segment: an entry span");
    ok(attr_get(&got.spans[0].attrs, "measurements.inp")->real == 200, "its web vital");
    is_text(got.spans[0].resource->release, "web@1", "its release");
    is_int(sentry_span(tree("{}"), &ctx, &arena, &got), SENTRY_OK, "an empty one");
    ok(got.count == 0 && got.broken == 1, "is broken");
    ctx.sent_at = TEXT("2026-02-07T08:01:40Z"); /* two hours before the receipt */
    sentry_span(tree("{" TRACE ",\"span_id\":\"0000000000000001\",\"start_timestamp\":1770451300,"
                     "\"timestamp\":1770451301}"),
                &ctx, &arena, &got);
    is_int(got.spans[0].start_ns, 1770458500000000000LL, "a clock two hours slow is set right");
}

static void test_logs(void)
{
    struct sentry_context ctx = context();
    struct sentry_logs logs;

    is_int(sentry_log_items(
               tree("{\"version\":2,\"items\":[{\"timestamp\":1770458400.125003," TRACE
                    ",\"span_id\":\"7e2f90ab41c8d356\",\"level\":\"info\",\"severity_number\":9,"
                    "\"body\":\"order 7 paid\",\"attributes\":{\"big\":{\"type\":\"integer\","
                    "\"value\":9223372036854775808}}},{\"timestamp\":\"2026-02-07T10:00:00Z\","
                    "\"level\":\"warning\",\"body\":\"no trace\"},{\"body\":7},{\"timestamp\":1,"
                    "\"level\":\"Strange\",\"body\":\"\"}]}"),
               4, &ctx, &arena, &logs),
           SENTRY_OK, "a log container");
    ok(logs.count == 3 && logs.broken == 1, "10.61 a body that is no string: dropped");
    is_text(logs.logs[0].body.text, "order 7 paid", "body");
    ok(logs.logs[0].time_ns == 1770458400125003000ULL && logs.logs[0].severity == 9 &&
           id_is(logs.logs[0].span_id, 0x7e2f90ab41c8d356),
       "time, severity, span");
    is_int(attr_get(&logs.logs[0].attrs, "big")->kind, ATTR_DOUBLE,
           "10.62 integer 2^63: record kept");
    ok(id_is_zero(logs.logs[1].trace_id, 16) && logs.logs[1].severity == 13,
       "10.62 no trace_id: record kept; warning is warn");
    is_text(logs.logs[2].severity_text, "Strange", "unknown levels keep their text");
    is_text(logs.logs[0].resource->service, "shop", "service: the project");
    is_int(sentry_log_items(tree("{\"items\":[]}"), 1, &ctx, &arena, &logs), SENTRY_BAD_COUNT,
           "10.61 item_count wrong");
}

static void test_metrics(void)
{
    uint32_t valid, broken;

    is_int(
        sentry_metric_items(
            tree(
                "{\"items\":[{\"name\":\"a/b\",\"type\":\"counter\",\"value\":1},{\"name\":\"a\","
                "\"type\":\"weird\",\"value\":1},{\"name\":\"a\",\"type\":\"gauge\",\"value\":NaN},"
                "{\"name\":\"a\",\"type\":\"distribution\",\"value\":\"1\"},null]}"),
            5, &valid, &broken),
        SENTRY_OK, "a metric container");
    ok(valid == 1 && broken == 4, "unknown types, NaN, texts are broken");
    is_int(sentry_metric_items(tree("{\"items\":[]}"), 2, &valid, &broken), SENTRY_BAD_COUNT,
           "10.61 item_count wrong");
}

int main(void)
{
    arena_init(&arena, 256 * MIB);
    test_transaction();
    test_invalid();
    test_status();
    test_parents();
    test_measurements();
    test_sampling_context();
    test_span_items();
    test_single();
    test_logs();
    test_metrics();
    arena_free(&arena);
    return done_testing();
}
