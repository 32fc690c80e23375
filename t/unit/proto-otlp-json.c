/* OTLP as JSON, and log records in both encodings. Numbers as in proto-otlp.c. */
#include <math.h>

#include "t/lib/otlp_take.h"
#include "t/lib/pb.h"
#include "t/lib/tap.h"

static struct arena arena;

#define IDS "\"traceId\":\"00000000000000000000000000000abc\",\"spanId\":\"00000000000000de\""
#define TIMES \
    "\"startTimeUnixNano\":\"1760000000000000000\",\"endTimeUnixNano\":1760000000001000000"

/* A request around one span. */
static struct taken take(const char *span)
{
    struct text body =
        arena_printf(&arena, "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{%s}]}]}]}", span);

    return take_spans(OTLP_JSON, body, &arena);
}

static struct taken take_body(const char *body)
{
    return take_spans(OTLP_JSON, text_of(body), &arena);
}

static void test_bodies(void)
{
    is_int(take_body("").rc, OTLP_MALFORMED, "8.2 empty body: refused");
    ok(take_body("{}").rc == OTLP_DONE, "8.1 {} is a request");
    ok(take_body("{\"resourceSpans\":[]}").rc == OTLP_DONE, "8.3 no resources");
    ok(take_body("{\"resourceSpans\":[{\"resource\":{}}]}").rc == OTLP_DONE, "8.3 no scopes");
    ok(take_body("{\"resourceSpans\":[{\"scopeSpans\":[{}]}]}").rc == OTLP_DONE, "8.3 no spans");
    is_int(take_body("[]").rc, OTLP_MALFORMED, "a list at the top: refused");
    is_int(take_body("\"\"").rc, OTLP_MALFORMED, "a string: refused");
    is_int(take_body("{} {}").rc, OTLP_MALFORMED, "two documents: refused");
    is_int(take_body("{\"resourceSpans\":7}").rc, OTLP_MALFORMED, "a number for a list: refused");
    is_int(take_body("{\"resourceSpans\":[7]}").rc, OTLP_MALFORMED,
           "a number for a message: refused");
    ok(take_body("{\"resourceSpans\":null}").rc == OTLP_DONE, "null is absent");
    is_int(take_body("\x0a\x02\x12\x00").rc, OTLP_MALFORMED, "protobuf sent as JSON: refused");
}

static void test_minimal(void)
{
    struct taken t = take(IDS ",\"name\":\"x\"," TIMES);

    ok(t.rc == OTLP_DONE && t.count == 1, "the smallest useful span");
    is_int(t.spans[0].trace_id[15], 0xbc, "its trace");
    is_int(t.spans[0].span_id[7], 0xde, "its id");
    is_int(t.spans[0].start_ns, 1760000000000000000LL, "start from a string");
    is_int(t.spans[0].end_ns, 1760000000001000000LL, "end from a number");
    t = take(IDS ",\"startTimeUnixNano\":1760000000123456789,\"endTimeUnixNano\":1.76e18");
    is_int(t.spans[0].start_ns, 1760000000123456789LL, "8.25 a number beyond 2^53, exactly");
    ok(t.spans[0].flags & SPAN_TIME_FLIPPED, "8.25 and the exponent form is read");
}

static void test_ids(void)
{
    struct taken t = take("\"traceId\":\"4BF92F3577B34DA6A3CE929D0E0E4736\",\"spanId\":"
                          "\"00F067AA0BA902B7\",\"parentSpanId\":\"\"," TIMES);

    ok(t.count == 1 && t.spans[0].trace_id[0] == 0x4b && t.spans[0].span_id[7] == 0xb7,
       "8.24 upper-case hex");
    ok(t.spans[0].flags & SPAN_ENTRY, "an empty parent is none");
    t = take("\"traceId\":\"S/kvNXezTaajzpKdDg5HNg==\",\"spanId\":\"00f067aa0ba902b7\"," TIMES);
    ok(t.rc == OTLP_DONE && t.tally.rejects[OTLP_BAD_TRACE_ID] == 1, "8.24 base64: rejected");
    t = take("\"traceId\":7,\"spanId\":\"00f067aa0ba902b7\"," TIMES);
    is_int(t.tally.rejected, 1, "a number: rejected");
    t = take(IDS ",\"parentSpanId\":\"0102\"," TIMES);
    ok(t.count == 1 && t.spans[0].flags & SPAN_BAD_PARENT, "8.22 a short parent: root, flagged");
    t = take(IDS ",\"startTimeUnixNano\":\"-1\",\"endTimeUnixNano\":\"1\"");
    is_int(t.tally.rejects[OTLP_BAD_TIME], 1, "a negative time: rejected");
}

static void test_leniency(void)
{
    struct taken t = take_body(
        "{\"resource_spans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"
        "{\"string_value\":\"s\"}}]},\"scope_spans\":[{\"scope\":{\"name\":\"lib\"},\"spans\":[{"
        "\"trace_id\":\"00000000000000000000000000000abc\",\"span_id\":\"00000000000000de\","
        "\"parent_span_id\":\"0000000000000001\",\"kind\":\"SPAN_KIND_SERVER\","
        "\"start_time_unix_nano\":5,\"end_time_unix_nano\":6,\"status\":{\"code\":"
        "\"STATUS_CODE_ERROR\",\"message\":\"m\"},\"dropped_attributes_count\":2,"
        "\"unknown\":{\"x\":[1]}}]}]}]}");

    ok(t.rc == OTLP_DONE && t.count == 1, "8.26 snake_case keys");
    is_int(t.spans[0].kind, SPAN_SERVER, "8.26 enum names");
    is_int(t.spans[0].code, SPAN_FAILED, "8.26 status by name");
    is_text(t.spans[0].resource->service, "s", "8.26 the resource");
    is_text(t.spans[0].scope->name, "lib", "8.26 the scope");
    is_int(t.spans[0].attrs.dropped, 2, "8.16 and unknown keys are ignored");
    t = take_body(
        "{\"resourceSpans\":[{\"instrumentationLibrarySpans\":[{\"instrumentationLibrary\":"
        "{\"name\":\"old\"},\"spans\":[{" IDS "," TIMES "}]}]}]}");
    ok(t.count == 1 && text_is(t.spans[0].scope->name, "old"), "8.43 instrumentationLibrarySpans");
    t = take(IDS "," TIMES ",\"name\":null,\"kind\":null,\"attributes\":null,\"events\":null");
    ok(t.rc == OTLP_DONE && t.count == 1, "8.27 null members are absent");
    t = take(IDS "," TIMES ",\"name\":\"a\",\"name\":\"b\"");
    is_text(t.spans[0].name, "b", "duplicate keys: the last wins");
    t = take(IDS "," TIMES ",\"name\":\"lone \\ud800 \xff\"");
    is_text(t.spans[0].name, "lone \xef\xbf\xbd \xef\xbf\xbd",
            "8.39 lone surrogates and bad bytes");
}

static struct text plain(const struct span *s)
{
    struct buf out;

    buf_init(&out, &arena, 256, 65536);
    attrs_write_json(&out, NULL, &s->attrs);
    return buf_result(&out);
}

static void test_values(void)
{
    struct taken t = take(
        IDS
        "," TIMES ",\"attributes\":["
        "{\"key\":\"big\",\"value\":{\"intValue\":\"9223372036854775807\"}},"
        "{\"key\":\"neg\",\"value\":{\"intValue\":-5}},"
        "{\"key\":\"nan\",\"value\":{\"doubleValue\":\"NaN\"}},"
        "{\"key\":\"inf\",\"value\":{\"doubleValue\":\"-Infinity\"}},"
        "{\"key\":\"half\",\"value\":{\"doubleValue\":0.5}},"
        "{\"key\":\"map\",\"value\":{\"kvlistValue\":{\"values\":[{\"key\":\"k\",\"value\":"
        "{\"arrayValue\":{\"values\":[{\"stringValue\":\"x\"},{\"intValue\":\"7\"},{}]}}}]}}},"
        "{\"key\":\"none\",\"value\":{}},{\"key\":\"bytes\",\"value\":{\"bytesValue\":\"_-8\"}},"
        "{\"key\":\"two\",\"value\":{\"stringValue\":\"x\",\"boolValue\":true}},"
        "{\"key\":\"word\",\"value\":{\"boolValue\":\"true\"}},"
        "{\"key\":\"no bool\",\"value\":{\"boolValue\":{}}},"
        "{\"key\":\"no double\",\"value\":{\"doubleValue\":\"abc\"}},"
        "{\"key\":\"no int\",\"value\":{\"intValue\":1.5}}]");

    is_int(t.count, 1, "a span with all kinds of values");
    is_text(plain(&t.spans[0]),
            "{\"big\":9223372036854775807,\"neg\":-5,\"nan\":\"NaN\",\"inf\":\"-Infinity\","
            "\"half\":0.5,\"map\":{\"k\":[\"x\",7,null]},\"none\":null,\"bytes\":\"/+8=\","
            "\"two\":true,\"word\":true,\"no bool\":null,\"no double\":null,\"no int\":null}",
            "8.25 8.27 8.28 integers, doubles, maps, arrays, empty, bytes, two of a oneof");
}

/* `depth` arrays inside one another as an attribute. */
static struct taken take_nested(int depth)
{
    struct buf b;

    buf_init(&b, &arena, 4096, MIB);
    buf_str(&b, IDS "," TIMES ",\"attributes\":[{\"key\":\"d\",\"value\":");
    for (int i = 1; i < depth; i++)
        buf_str(&b, "{\"arrayValue\":{\"values\":[");
    buf_str(&b, "{\"intValue\":\"1\"}");
    for (int i = 1; i < depth; i++)
        buf_str(&b, "]}}");
    buf_str(&b, "}]");
    buf_byte(&b, '\0');
    return take(b.at);
}

static void test_depth(void)
{
    struct taken t = take_nested(64);
    char *brackets = arena_alloc(&arena, 10001);

    ok(t.rc == OTLP_DONE && t.count == 1, "8.18 arrays 64 deep are fine");
    is_int(attr_get(&t.spans[0].attrs, "d")->text.len, 63 * 2 + 1, "8.18 and whole");
    is_int(take_nested(70).rc, OTLP_TOO_DEEP, "8.18 deeper: refused");
    memset(brackets, '[', 10000);
    brackets[10000] = '\0';
    is_int(take_body(brackets).rc, OTLP_TOO_DEEP, "8.18 10,000 open brackets: refused");
    t = take(IDS "," TIMES ",\"name\":\"[[[[[[[[[[[[{{{{{{{\\\"[[[[\"");
    is_int(t.count, 1, "brackets inside strings are text");
}

static void test_events_links(void)
{
    struct taken t = take(
        IDS "," TIMES
            ",\"events\":[{\"timeUnixNano\":\"1760000000000500000\",\"name\":\"exception\","
            "\"attributes\":[{\"key\":\"exception.type\",\"value\":{\"stringValue\":\"E\"}}]}],"
            "\"links\":[{\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"spanId\":"
            "\"00f067aa0ba902b7\",\"flags\":257},{\"traceId\":\"\"}],\"droppedEventsCount\":4,"
            "\"flags\":769,\"traceState\":\"a=b\"");

    ok(t.spans[0].event_count == 1 && t.spans[0].events[0].time_ns == 1760000000000500000ULL,
       "an event");
    is_int(t.spans[0].dropped_events, 4, "dropped events");
    ok(t.spans[0].link_count == 1 && t.spans[0].links[0].otel_flags == 257, "a link, its flags");
    is_int(t.spans[0].dropped_links, 1, "a link without ids is dropped and counted");
    ok(t.spans[0].otel_flags == 769 && t.spans[0].flags & SPAN_ENTRY, "8.44 remote parent: entry");
}

/* ---- log records ---- */

static struct logrec logs[16];
static uint32_t log_count;
static struct otlp_tally tally;

static enum otlp_rc take_logs(enum otlp_encoding e, struct text body)
{
    struct otlp_context ctx = {.received_ns = TAKE_NOW_NS};
    struct otlp *o;
    enum otlp_rc rc = otlp_open(OTLP_LOGS, e, body, &ctx, &arena, &o);
    struct logrec l;

    log_count = 0;
    while (rc == OTLP_DONE && log_count < 16 && otlp_next_log(o, &l)) {
        /* Kept beyond the next call, so the texts that the test looks at are copied. */
        l.body.text = arena_text(&arena, l.body.text);
        l.severity_text = arena_text(&arena, l.severity_text);
        l.event_name = arena_text(&arena, l.event_name);
        logs[log_count++] = l;
    }
    return otlp_close(o, &tally);
}

static void test_logs_json(void)
{
    enum otlp_rc rc = take_logs(
        OTLP_JSON,
        TEXT("{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\","
             "\"value\":{"
             "\"stringValue\":\"s\"}}]},\"scopeLogs\":[{\"logRecords\":["
             "{\"timeUnixNano\":\"5\",\"severityNumber\":17,\"severityText\":\"ERR\",\"body\":{"
             "\"stringValue\":\"hello\"},\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\","
             "\"spanId\":"
             "\"00f067aa0ba902b7\",\"eventName\":\"e\"},"
             "{\"timeUnixNano\":0,\"observedTimeUnixNano\":\"9\",\"severityNumber\":"
             "\"SEVERITY_NUMBER_WARN2\",\"body\":{\"kvlistValue\":{\"values\":[{\"key\":\"a\","
             "\"value\":{\"intValue\":1}}]}}},"
             "{\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"spanId\":\"010203\"},"
             "{\"severityNumber\":99,\"severityText\":\"Warning\"}]}]}]}"));

    ok(rc == OTLP_DONE && log_count == 4, "four log records");
    is_text(logs[0].body.text, "hello", "body");
    is_int(logs[0].severity, 17, "severity");
    is_text(logs[0].event_name, "e", "event name");
    is_text(logs[0].resource->service, "s", "service");
    ok(logs[0].trace_id[0] == 0x4b && logs[0].span_id[7] == 0xb7, "ids");
    is_int(logs[1].time_ns, 9, "8.53 time 0, observed set: observed used");
    is_int(logs[1].severity, 14, "severity by name");
    is_text(logs[1].body.text, "{\"a\":1}", "a structured body");
    ok(!id_is_zero(logs[2].trace_id, 16) && id_is_zero(logs[2].span_id, 8) &&
           logs[2].flags & LOG_BAD_ID,
       "8.53 span_id of 3 bytes: linked to the trace, not the span");
    is_int(logs[2].time_ns, TAKE_NOW_NS, "no time at all: receive time");
    is_int(logs[3].severity, 13, "severity out of range: from its text");
    ok(id_is_zero(logs[3].trace_id, 16) && !(logs[3].flags & LOG_BAD_ID),
       "8.48 no ids: kept, unlinked");
    take_logs(OTLP_JSON, TEXT("{\"resourceLogs\":[{\"instrumentationLibraryLogs\":[{\"logs\":[{"
                              "\"body\":{\"stringValue\":\"old\"}}]}]}]}"));
    ok(log_count == 1 && text_is(logs[0].body.text, "old"),
       "8.43 instrumentationLibraryLogs, logs");
}

static void test_logs_protobuf(void)
{
    struct buf r = pb_new(&arena), group = pb_new(&arena), items = pb_new(&arena),
               l = pb_new(&arena), any = pb_new(&arena);
    struct text trace = pb_hex(&arena, "4bf92f3577b34da6a3ce929d0e0e4736");

    pb_fixed64(&l, 1, 5);
    pb_uint(&l, 2, 9);
    pb_str(&l, 3, "INFO");
    pb_str(&any, 1, "hi");
    pb_sub(&l, 5, &any);
    pb_attr_str(&l, 6, "event.name", "old.event");
    pb_bytes(&l, 9, trace.at, 16);
    pb_bytes(&l, 10, trace.at, 8);
    pb_sub(&items, 2, &l);
    l = pb_new(&arena);
    pb_bytes(&l, 10, trace.at, 3);
    pb_uint(&l, 2, (uint64_t)-3);
    pb_sub(&items, 2, &l);
    pb_sub(&group, 2, &items);
    pb_sub(&r, 1, &group);
    is_int(take_logs(OTLP_PROTOBUF, buf_result(&r)), OTLP_DONE, "log records in protobuf");
    is_int(log_count, 2, "two of them");
    is_text(logs[0].body.text, "hi", "body");
    is_text(logs[0].event_name, "old.event", "event.name as attribute");
    ok(logs[0].time_ns == 5 && logs[0].severity == 9 && !id_is_zero(logs[0].span_id, 8),
       "time, severity, ids");
    ok(id_is_zero(logs[1].span_id, 8) && logs[1].severity == 0, "8.53 bad id and severity: kept");
    is_int(tally.bad_log_ids, 1, "with a warning");
    is_int(take_logs(OTLP_PROTOBUF, text_cut(buf_result(&r), 0, r.len - 1)), OTLP_MALFORMED,
           "8.15 truncated");
}

static void test_metrics(void)
{
    struct otlp_context ctx = {.received_ns = TAKE_NOW_NS};
    struct otlp *o;

    otlp_open(
        OTLP_METRICS, OTLP_JSON,
        TEXT("{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\",\"gauge\":{"
             "\"dataPoints\":[{},{}]}},{\"sum\":{\"dataPoints\":[{}]}}]}]}]}"),
        &ctx, &arena, &o);
    otlp_count_points(o);
    ok(otlp_close(o, &tally) == OTLP_DONE && tally.rejected == 3, "8.56 data points are counted");
}

int main(void)
{
    arena_init(&arena, 512 * MIB);
    test_bodies();
    test_minimal();
    test_ids();
    test_leniency();
    test_values();
    test_depth();
    test_events_links();
    test_logs_json();
    test_logs_protobuf();
    test_metrics();
    arena_free(&arena);
    return done_testing();
}
