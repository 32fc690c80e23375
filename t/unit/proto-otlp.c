/* OTLP as protobuf: what is accepted, what is rejected and why, and what is read out of it. The
 * numbers are those of the list of cases in docs/compatibility.md, "OTLP". */
#include <math.h>

#include "t/lib/otlp_take.h"
#include "t/lib/pb.h"
#include "t/lib/span_make.h"
#include "t/lib/tap.h"

#define START 1760000000000000000ULL

static struct arena arena;

/* A span with everything in order; the test changes or adds what it is about. */
struct wish {
    const char *trace, *id, *parent, *name; /* hex */
    int kind, code;
    uint64_t start, end;
    bool no_times;
};

static struct buf span(struct wish w)
{
    struct buf s = pb_new(&arena);
    struct text trace = pb_hex(&arena, w.trace ? w.trace : "0102030405060708090a0b0c0d0e0f10");
    struct text id = pb_hex(&arena, w.id ? w.id : "0102030405060708");

    if (trace.len)
        pb_bytes(&s, 1, trace.at, trace.len);
    if (id.len)
        pb_bytes(&s, 2, id.at, id.len);
    if (w.parent) {
        struct text parent = pb_hex(&arena, w.parent);

        pb_bytes(&s, 4, parent.at, parent.len);
    }
    pb_str(&s, 5, w.name ? w.name : "a");
    if (w.kind)
        pb_uint(&s, 6, (uint64_t)w.kind);
    if (!w.no_times) {
        pb_fixed64(&s, 7, w.start ? w.start : START);
        pb_fixed64(&s, 8, w.end ? w.end : START + 1000000);
    }
    if (w.code) {
        struct buf status = pb_new(&arena);

        pb_uint(&status, 3, (uint64_t)w.code);
        pb_sub(&s, 15, &status);
    }
    return s;
}

/* A request of one resource and one scope around ready-made spans. */
static struct text request(const struct buf *resource, const struct buf *spans, size_t count)
{
    struct buf r = pb_new(&arena), group = pb_new(&arena), items = pb_new(&arena);

    if (resource)
        pb_sub(&group, 1, resource);
    for (size_t i = 0; i < count; i++)
        pb_sub(&items, 2, &spans[i]);
    pb_sub(&group, 2, &items);
    pb_sub(&r, 1, &group);
    return buf_result(&r);
}

static struct taken take_one(const struct buf *s)
{
    return take_spans(OTLP_PROTOBUF, request(NULL, s, 1), &arena);
}

static struct taken take_hex(const char *hex)
{
    return take_spans(OTLP_PROTOBUF, pb_hex(&arena, hex), &arena);
}

static void test_vectors(void)
{
    struct taken t =
        take_hex("0a37123512330a100102030405060708090a0b0c0d0e0f10120801020304050607082a01"
                 "61300239e80300000000000041d007000000000000");

    is_int(t.rc, OTLP_DONE, "the smallest useful request is read");
    is_int(t.count, 1, "one span");
    is_text(t.spans[0].name, "a", "its name");
    is_int(t.spans[0].kind, SPAN_SERVER, "its kind");
    is_int(t.spans[0].start_ns, 1000, "its start");
    is_int(t.spans[0].end_ns, 2000, "its end");
    ok(t.spans[0].flags & SPAN_ENTRY, "without a parent it is an entry span");
    is_text(t.spans[0].resource->service, "unknown_service", "8.40 no service.name");
}

static void test_empty(void)
{
    struct buf group = pb_new(&arena), r = pb_new(&arena);
    struct taken t = take_spans(OTLP_PROTOBUF, TEXT(""), &arena);

    ok(t.rc == OTLP_DONE && t.count == 0 && t.tally.rejected == 0,
       "8.1 an empty body is a request");
    pb_sub(&r, 1, &group);
    t = take_spans(OTLP_PROTOBUF, buf_result(&r), &arena);
    ok(t.rc == OTLP_DONE && t.count == 0, "8.3 a resource without scopes");
    t = take_spans(OTLP_PROTOBUF, request(NULL, NULL, 0), &arena);
    ok(t.rc == OTLP_DONE && t.count == 0, "8.3 a scope without spans");
}

static void test_malformed(void)
{
    struct buf s = span((struct wish){0});
    struct text body = request(NULL, &s, 1);
    struct taken t;
    size_t whole = 0;

    for (size_t len = 1; len < body.len; len++) {
        t = take_spans(OTLP_PROTOBUF, text_cut(body, 0, len), &arena);
        whole += t.rc != OTLP_MALFORMED;
    }
    is_int(whole, 0, "8.15 truncated anywhere: malformed");
    s = span((struct wish){0});
    pb_uint(&s, 9, 7);
    t = take_one(&s);
    is_int(t.rc, OTLP_MALFORMED, "8.17 attributes as a number: malformed");
    s = pb_new(&arena);
    pb_uint(&s, 1, 3);
    t = take_spans(OTLP_PROTOBUF, buf_result(&s), &arena);
    is_int(t.rc, OTLP_MALFORMED, "8.17 resource_spans as a number: malformed");
    t = take_hex("0b0c");
    is_int(t.rc, OTLP_MALFORMED, "groups are malformed");
    t = take_spans(OTLP_PROTOBUF, TEXT("{\"resourceSpans\":[]}"), &arena);
    is_int(t.rc, OTLP_MALFORMED, "JSON sent as protobuf is malformed");
}

static void unknown_fields(struct buf *b)
{
    pb_uint(b, 2001, 5);
    pb_fixed64(b, 2002, 6);
    pb_fixed32(b, 2003, 7);
    pb_str(b, 2004, "more");
}

static void test_unknown(void)
{
    struct buf s = span((struct wish){0}), r = pb_new(&arena), group = pb_new(&arena),
               items = pb_new(&arena);
    struct taken t;

    unknown_fields(&s);
    pb_sub(&items, 2, &s);
    unknown_fields(&items);
    pb_sub(&group, 2, &items);
    unknown_fields(&group);
    pb_sub(&r, 1, &group);
    unknown_fields(&r);
    t = take_spans(OTLP_PROTOBUF, buf_result(&r), &arena);
    ok(t.rc == OTLP_DONE && t.count == 1, "8.16 unknown fields at every level are skipped");
}

/* A value of `depth` arrays (or maps) inside one another. */
static struct buf nested(int depth, bool maps)
{
    struct buf any = pb_new(&arena);

    pb_uint(&any, 3, 1);
    for (int i = 1; i < depth; i++) {
        struct buf list = pb_new(&arena), outer = pb_new(&arena);

        if (maps)
            pb_attr(&list, 1, "k", &any);
        else
            pb_sub(&list, 1, &any);
        pb_sub(&outer, maps ? 6 : 5, &list);
        any = outer;
    }
    return any;
}

static struct taken take_nested(int depth, bool maps)
{
    struct buf s = span((struct wish){0}), any = nested(depth, maps);

    pb_attr(&s, 9, "deep", &any);
    return take_one(&s);
}

static void test_depth(void)
{
    struct taken t = take_nested(64, false);
    struct buf s = span((struct wish){0});

    ok(t.rc == OTLP_DONE && t.count == 1, "8.18 arrays 64 deep are fine");
    is_int(t.spans[0].attrs.at[0].kind, ATTR_JSON, "and kept as JSON");
    is_int(take_nested(65, false).rc, OTLP_TOO_DEEP, "8.18 arrays 65 deep are refused");
    is_int(take_nested(64, true).rc, OTLP_DONE, "8.18 maps 64 deep are fine");
    is_int(take_nested(65, true).rc, OTLP_TOO_DEEP, "8.18 maps 65 deep are refused");
    is_int(take_nested(4000, false).rc, OTLP_TOO_DEEP, "8.18 arrays 4,000 deep do no harm");
    /* The same bytes as an unknown field are nobody's business. */
    {
        struct buf any = nested(4000, false);

        pb_sub(&s, 2004, &any);
    }
    is_int(take_one(&s).rc, OTLP_DONE, "depth in an unknown field is not looked at");
}

static void test_ids(void)
{
    struct buf ten[10], s;
    struct taken t;

    for (int i = 0; i < 10; i++) {
        char id[17];

        snprintf(id, sizeof id, "%016x", i + 1);
        ten[i] = span(
            (struct wish){.id = id, .trace = i == 4 ? "0102030405060708090a0b0c0d0e0f" : NULL});
    }
    t = take_spans(OTLP_PROTOBUF, request(NULL, ten, 10), &arena);
    ok(t.rc == OTLP_DONE && t.count == 9, "8.19 trace_id of 15 bytes in 1 of 10: nine stored");
    is_int(t.tally.rejects[OTLP_BAD_TRACE_ID], 1, "8.19 and one rejected, with its reason");
    s = span((struct wish){.trace = "00000000000000000000000000000000"});
    t = take_one(&s);
    ok(t.tally.accepted == 0 && t.tally.rejected == 1, "8.20 zero trace_id: nothing accepted");
    s = span((struct wish){.id = ""});
    t = take_one(&s);
    is_int(t.tally.rejects[OTLP_BAD_SPAN_ID], 1, "8.21 span_id empty: rejected");
    s = span((struct wish){.parent = "0000000000000000"});
    t = take_one(&s);
    ok(t.count == 1 && id_is_zero(t.spans[0].parent_id, 8) && t.spans[0].flags & SPAN_ENTRY,
       "8.22 parent of 8 zero bytes: root");
    is_int(t.tally.bad_parents, 0, "8.22 without a warning");
    s = span((struct wish){.parent = "01020304"});
    t = take_one(&s);
    ok(t.count == 1 && id_is_zero(t.spans[0].parent_id, 8) && t.spans[0].flags & SPAN_BAD_PARENT,
       "8.22 parent of 4 bytes: root, flagged");
    is_int(t.tally.bad_parents, 1, "8.22 with a warning");
    s = span((struct wish){.parent = "0102030405060708"});
    t = take_one(&s);
    ok(t.count == 1 && id_is_zero(t.spans[0].parent_id, 8) && t.spans[0].flags & SPAN_BAD_PARENT,
       "8.23 parent = self: root, flagged");
}

static void test_enums(void)
{
    struct buf s = span((struct wish){.kind = 77, .code = 9}), status = pb_new(&arena);
    struct taken t = take_one(&s);

    ok(t.count == 1 && t.spans[0].kind == 0 && t.spans[0].code == SPAN_UNSET,
       "8.29 kind 77, status code 9: unspecified, unset");
    s = span((struct wish){0});
    t = take_one(&s);
    ok(t.spans[0].code == SPAN_UNSET && !(t.spans[0].flags & SPAN_ERROR),
       "8.64 no Status message: unset, no error");
    s = span((struct wish){.code = 2});
    ok(take_one(&s).spans[0].flags & SPAN_ERROR, "status ERROR is an error");
    s = span((struct wish){0});
    pb_uint(&status, 1, 13);
    pb_str(&status, 2, "boom");
    pb_sub(&s, 15, &status);
    t = take_one(&s);
    ok(t.spans[0].code == SPAN_FAILED, "deprecated status code alone: failed");
    is_text(t.spans[0].status_message, "boom", "and its message");
    s = span((struct wish){.kind = 2});
    pb_attr_int(&s, 9, "http.status_code", 503);
    ok(take_one(&s).spans[0].flags & SPAN_ERROR, "a server span of 503 without status failed");
    s = span((struct wish){.kind = 3});
    pb_attr_int(&s, 9, "http.status_code", 503);
    ok(!(take_one(&s).spans[0].flags & SPAN_ERROR), "a client span without status did not");
}

static void test_times(void)
{
    struct buf s = span((struct wish){.start = START + 5, .end = START});
    struct taken t = take_one(&s);
    struct otlp_context ctx = {.received_ns = TAKE_NOW_NS, .oldest_ns = TAKE_NOW_NS - 1000000000LL};

    ok(t.spans[0].end_ns == START + 5 && t.spans[0].flags & SPAN_TIME_FLIPPED,
       "8.30 end < start: duration 0, flagged");
    s = span((struct wish){.no_times = true});
    t = take_one(&s);
    ok(t.spans[0].start_ns == (uint64_t)TAKE_NOW_NS && t.spans[0].end_ns == (uint64_t)TAKE_NOW_NS &&
           t.spans[0].flags & SPAN_TIME_MISSING,
       "8.30 start = end = 0: receive time, flagged");
    s = span((struct wish){.start = 4102444800000000000ULL, .end = 4102444800000000000ULL});
    ok(take_one(&s).spans[0].flags & SPAN_TIME_FUTURE, "8.30 the year 2100: flagged");
    s = span((struct wish){.start = 1, .end = 1ULL << 63});
    is_int(take_one(&s).tally.rejects[OTLP_BAD_TIME], 1, "a time beyond int64: rejected");
    s = span((struct wish){0});
    t = take_spans_at(OTLP_PROTOBUF, request(NULL, &s, 1), &ctx, &arena);
    ok(t.count == 0 && t.tally.rejects[OTLP_TOO_OLD] == 1,
       "8.31 older than the retention: rejected");
}

static void test_values(void)
{
    struct buf s = span((struct wish){0}), any = pb_new(&arena), list = pb_new(&arena),
               inner = pb_new(&arena), map = pb_new(&arena);
    struct text json;
    struct taken t;
    struct buf out;

    pb_attr_int(&s, 9, "big", INT64_MAX);
    pb_attr_int(&s, 9, "neg", -5);
    pb_attr_double(&s, 9, "nan", NAN);
    pb_attr(&s, 9, "unset", NULL);
    pb_bytes(&any, 7, "\0\xff", 2);
    pb_attr(&s, 9, "bytes", &any);
    pb_str(&inner, 1, "x");
    pb_sub(&list, 1, &inner);
    inner = pb_new(&arena);
    pb_uint(&inner, 2, 1);
    pb_sub(&list, 1, &inner);
    inner = pb_new(&arena);
    pb_uint(&inner, 3, 7);
    pb_sub(&list, 1, &inner);
    any = pb_new(&arena);
    pb_sub(&any, 5, &list);
    pb_attr(&s, 9, "mixed", &any);
    pb_attr_str(&map, 1, "k", "v");
    any = pb_new(&arena);
    pb_sub(&any, 6, &map);
    pb_attr(&s, 9, "map", &any);
    any = pb_new(&arena);
    pb_uint(&any, 8, 3);
    pb_attr(&s, 9, "strindex", &any);
    pb_attr_str(&s, 9, "twice", "first");
    pb_attr_str(&s, 9, "twice", "last");
    pb_attr_str(&s, 9, "", "no key");
    t = take_one(&s);
    ok(t.rc == OTLP_DONE && t.count == 1, "8.28 all kinds of values are read");
    is_int(attr_get(&t.spans[0].attrs, "big")->integer, INT64_MAX, "8.25 the largest integer");
    is_int(attr_get(&t.spans[0].attrs, "neg")->integer, -5, "8.25 a negative one");
    ok(isnan(attr_get(&t.spans[0].attrs, "nan")->real), "8.27 NaN is kept");
    is_int(attr_get(&t.spans[0].attrs, "unset")->kind, ATTR_EMPTY, "8.28 an empty value is kept");
    is_int(attr_get(&t.spans[0].attrs, "strindex")->kind, ATTR_EMPTY,
           "8.54 string_value_strindex: empty value");
    is_int(t.spans[0].attrs.count, 9, "one of two of a key, none without a key");
    is_text(attr_string(&t.spans[0].attrs, "twice"), "last", "the last of a key wins");
    buf_init(&out, &arena, 256, 65536);
    attrs_write_json(&out, NULL, &t.spans[0].attrs);
    json = buf_result(&out);
    is_text(json,
            "{\"big\":9223372036854775807,\"neg\":-5,\"nan\":\"NaN\",\"unset\":null,"
            "\"bytes\":\"AP8=\",\"mixed\":[\"x\",true,7],\"map\":{\"k\":\"v\"},\"strindex\":null,"
            "\"twice\":\"last\"}",
            "8.27 8.28 as plain JSON");
    buf_init(&out, &arena, 256, 65536);
    attrs_write_otlp(&out, NULL, &t.spans[0].attrs);
    ok(text_find(buf_result(&out),
                 TEXT("{\"key\":\"mixed\",\"value\":{\"arrayValue\":{\"values\":[{\"stringValue\":"
                      "\"x\"},{\"boolValue\":true},{\"intValue\":\"7\"}]}}}")) <
           buf_result(&out).len,
       "8.28 as OTLP JSON, types kept");
}

static void test_limits(void)
{
    struct buf s = span((struct wish){0}), event;
    struct taken t;
    char key[16], *long_value = arena_alloc(&arena, 5 << 20);

    for (int i = 0; i < 300; i++) {
        snprintf(key, sizeof key, "k%d", i);
        pb_attr_int(&s, 9, key, i);
    }
    for (int i = 0; i < 500; i++) {
        event = pb_new(&arena);
        pb_str(&event, 2, "e");
        pb_sub(&s, 11, &event);
    }
    t = take_one(&s);
    ok(t.spans[0].attrs.count == 300 && t.spans[0].event_count == 500,
       "8.37 300 attributes, 500 events: all kept");
    s = span((struct wish){0});
    for (int i = 0; i < 1500; i++) {
        snprintf(key, sizeof key, "k%d", i);
        pb_attr_int(&s, 9, key, i);
    }
    for (int i = 0; i < 5000; i++) {
        event = pb_new(&arena);
        pb_str(&event, 2, "e");
        pb_sub(&s, 11, &event);
    }
    pb_uint(&s, 10, 7);
    t = take_one(&s);
    ok(t.spans[0].attrs.count == 1024 && t.spans[0].attrs.dropped == 1500 - 1024 + 7,
       "8.37 attributes beyond the cap are dropped and counted");
    ok(t.spans[0].event_count == 4096 && t.spans[0].dropped_events == 5000 - 4096,
       "8.37 events likewise");
    memset(long_value, 'x', 5 << 20);
    long_value[(5 << 20) - 1] = '\0';
    s = span((struct wish){0});
    pb_attr_str(&s, 9, "huge", long_value);
    pb_attr_str(&s, 9, "after", "it");
    t = take_one(&s);
    ok(t.count == 1 && attr_string(&t.spans[0].attrs, "huge").len == 64 * KIB &&
           t.spans[0].flags & SPAN_CUT,
       "8.38 a value of 5 MB: cut, flagged");
    is_text(attr_string(&t.spans[0].attrs, "after"), "it", "8.38 what follows is whole");
    s = span((struct wish){0});
    for (int i = 0; i < 40; i++) {
        long_value[65535] = '\0';
        snprintf(key, sizeof key, "k%d", i);
        pb_attr_str(&s, 9, key, long_value);
    }
    t = take_one(&s);
    ok(t.count == 1 && t.spans[0].attrs.count < 40 && t.spans[0].attrs.dropped,
       "a span larger than a record loses attributes, counted");
}

static void test_text(void)
{
    struct buf s = span((struct wish){.name = "a\xff\xfe b"}), any = pb_new(&arena);
    struct taken t;

    pb_bytes(&any, 1, "nul\0inside", 10);
    pb_attr(&s, 9, "nul", &any);
    pb_attr_str(&s, 9, "next", "whole");
    t = take_one(&s);
    is_text(t.spans[0].name, "a\xef\xbf\xbd\xef\xbf\xbd b", "8.39 invalid UTF-8: U+FFFD");
    is_int(attr_string(&t.spans[0].attrs, "nul").len, 10, "8.39 NUL inside does not cut");
    is_text(attr_string(&t.spans[0].attrs, "next"), "whole", "8.39 what follows is whole");
}

static void test_resource(void)
{
    struct buf r = pb_new(&arena), s = span((struct wish){0});
    struct taken t;

    pb_attr_int(&r, 1, "service.name", 5);
    t = take_spans(OTLP_PROTOBUF, request(&r, &s, 1), &arena);
    is_text(t.spans[0].resource->service, "unknown_service", "8.40 int service.name");
    is_int(t.tally.bad_services, 1, "8.40 with a warning");
    r = pb_new(&arena);
    pb_attr_str(&r, 1, "service.name", "cart");
    pb_attr_str(&r, 1, "service.version", "1.2");
    pb_attr_str(&r, 1, "deployment.environment", "old");
    pb_attr_str(&r, 1, "deployment.environment.name", "new");
    pb_attr_str(&r, 1, "telemetry.sdk.language", "nodejs");
    t = take_spans(OTLP_PROTOBUF, request(&r, &s, 1), &arena);
    is_text(t.spans[0].resource->service, "cart", "service");
    is_text(t.spans[0].resource->release, "cart@1.2", "release is service@version");
    is_text(t.spans[0].resource->environment, "new", "8.41 deployment.environment.name wins");
    is_text(t.spans[0].resource->platform, "node", "platform is Sentry's word");
    is_int(t.spans[0].resource->attrs.count, 5, "all resource attributes are kept");
}

static void test_shapes_of_old(void)
{
    struct buf r = pb_new(&arena), group = pb_new(&arena), items = pb_new(&arena),
               s = span((struct wish){0}), resource = pb_new(&arena);
    struct taken t;

    pb_sub(&items, 2, &s);
    pb_sub(&group, 1000, &items);
    pb_attr_str(&resource, 1, "service.name", "late");
    pb_sub(&group, 1, &resource); /* behind the spans: legal */
    pb_sub(&r, 1, &group);
    t = take_spans(OTLP_PROTOBUF, buf_result(&r), &arena);
    is_int(t.count, 1, "8.43 field 1000 only: read as scope spans");
    is_text(t.spans[0].resource->service, "late", "a resource behind its spans is found");
    pb_sub(&group, 2, &items);
    r = pb_new(&arena);
    pb_sub(&r, 1, &group);
    is_int(take_spans(OTLP_PROTOBUF, buf_result(&r), &arena).count, 1,
           "8.43 both: the double is not read twice");
}

static void test_entry(void)
{
    static const struct {
        const char *parent;
        uint32_t flags;
        int kind;
        bool entry;
        const char *what;
    } cases[] = {
        {"1111111111111111", 0x301, 1, true, "8.44 flags 0x301: remote parent, entry"},
        {"1111111111111111", 0x101, 2, false, "flags 0x101: local parent, no entry"},
        {"1111111111111111", 0x001, 2, true, "unknown, SERVER: entry"},
        {"1111111111111111", 0x001, 5, true, "unknown, CONSUMER: entry"},
        {"1111111111111111", 0x001, 3, false, "unknown, CLIENT: no entry"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf s = span((struct wish){.parent = cases[i].parent, .kind = cases[i].kind});
        struct taken t;

        pb_fixed32(&s, 16, cases[i].flags);
        t = take_one(&s);
        ok(t.count == 1 && !(t.spans[0].flags & SPAN_ENTRY) == !cases[i].entry, "%s",
           cases[i].what);
        is_int(t.spans[0].otel_flags, cases[i].flags, "flags are kept");
    }
}

static void test_events_links(void)
{
    struct buf s = span((struct wish){0}), e = pb_new(&arena), l = pb_new(&arena);
    struct text id = pb_hex(&arena, "aabbccddeeff00112233445566778899");
    struct taken t;

    pb_fixed64(&e, 1, START + 77);
    pb_str(&e, 2, "exception");
    pb_attr_str(&e, 3, "exception.type", "KeyError");
    pb_uint(&e, 4, 3);
    pb_sub(&s, 11, &e);
    pb_bytes(&l, 1, id.at, 16);
    pb_bytes(&l, 2, id.at, 8);
    pb_attr_str(&l, 4, "why", "retry");
    pb_fixed32(&l, 6, 1);
    pb_sub(&s, 13, &l);
    l = pb_new(&arena);
    pb_bytes(&l, 1, id.at, 3);
    pb_sub(&s, 13, &l);
    pb_str(&s, 3, "ot=th:c,v=1");
    t = take_one(&s);
    is_int(t.spans[0].event_count, 1, "an event");
    is_int(t.spans[0].events[0].time_ns, START + 77, "its time, before or after the span's");
    is_text(attr_string(&t.spans[0].events[0].attrs, "exception.type"), "KeyError",
            "its attribute");
    is_int(t.spans[0].events[0].attrs.dropped, 3, "its dropped count");
    is_int(t.spans[0].link_count, 1, "a link; one without ids is dropped");
    is_int(t.spans[0].dropped_links, 1, "and counted");
    ok(memcmp(t.spans[0].links[0].trace_id, id.at, 16) == 0, "its trace");
    is_text(attr_string(&t.spans[0].links[0].attrs, "why"), "retry", "its attribute");
    ok(t.spans[0].weight == 4, "ot=th:c: one span stands for four");
    is_text(t.spans[0].trace_state, "ot=th:c,v=1", "trace state is kept");
}

static void test_batch(void)
{
    struct span_maker m = {.seed = 3, .now_ns = START, .services = 3};
    struct text body = maker_batch(&m, 1000, &arena);
    struct taken t = take_spans(OTLP_PROTOBUF, body, &arena);
    uint32_t roots = 0, children = 0;

    ok(t.rc == OTLP_DONE && t.count == 8000 && !t.damaged,
       "8,000 spans come back from the records");
    for (uint32_t i = 0; i < t.count; i++) {
        roots += id_is_zero(t.spans[i].parent_id, 8);
        children += t.spans[i].kind == SPAN_CLIENT && t.spans[i].attrs.count == 7;
    }
    is_int(roots, 1000, "with their parents");
    is_int(children, 5000, "and attributes");
}

static void test_metrics(void)
{
    struct buf r = pb_new(&arena), group = pb_new(&arena), items = pb_new(&arena),
               metric = pb_new(&arena), sum = pb_new(&arena), point = pb_new(&arena);
    struct otlp_context ctx = {.received_ns = TAKE_NOW_NS};
    struct otlp_tally tally;
    struct otlp *o;

    pb_sub(&sum, 1, &point);
    pb_sub(&sum, 1, &point);
    pb_str(&metric, 1, "m");
    pb_sub(&metric, 7, &sum);
    pb_sub(&items, 2, &metric);
    pb_sub(&items, 2, &metric);
    pb_sub(&group, 2, &items);
    pb_sub(&r, 1, &group);
    otlp_open(OTLP_METRICS, OTLP_PROTOBUF, buf_result(&r), &ctx, &arena, &o);
    otlp_count_points(o);
    ok(otlp_close(o, &tally) == OTLP_DONE && tally.rejected == 4, "8.56 data points are counted");
    ok(text_starts(otlp_message(OTLP_METRICS, &tally, &arena), "metrics are not stored"),
       "8.56 and the message says what to do");
}

static struct text success(enum otlp_encoding e, uint64_t rejected, struct text message)
{
    struct buf b = pb_new(&arena);

    otlp_write_success(&b, OTLP_TRACES, e, rejected, message);
    return buf_result(&b);
}

static struct text status(enum otlp_encoding e, int http, struct text message)
{
    struct buf b = pb_new(&arena);

    otlp_write_status(&b, e, http, message);
    return buf_result(&b);
}

static void test_replies(void)
{
    enum otlp_encoding e;

    is_int(success(OTLP_PROTOBUF, 0, TEXT("")).len, 0, "8.1 success in protobuf: no bytes");
    is_text(success(OTLP_JSON, 0, TEXT("")), "{}", "8.1 success in JSON");
    ok(text_eq(success(OTLP_PROTOBUF, 3, TEXT("bad ids")),
               pb_hex(&arena, "0a0b0803120762616420696473")),
       "partial success in protobuf, byte by byte");
    is_text(success(OTLP_JSON, 3, TEXT("bad ids")),
            "{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":\"bad ids\"}}",
            "partial success in JSON");
    ok(text_eq(status(OTLP_PROTOBUF, 400, TEXT("bad")), pb_hex(&arena, "08031203626164")),
       "Status in protobuf, byte by byte");
    is_text(status(OTLP_JSON, 503, TEXT("busy")), "{\"code\":14,\"message\":\"busy\"}",
            "Status in JSON");
    ok(otlp_encoding_of(TEXT("APPLICATION/JSON; Charset=\"UTF-8\""), &e) && e == OTLP_JSON,
       "8.4 letter case and parameters of the type do not matter");
    ok(otlp_encoding_of(TEXT("application/x-protobuf"), &e) && e == OTLP_PROTOBUF, "protobuf");
    ok(!otlp_encoding_of(TEXT("text/plain"), &e), "8.5 text/plain is neither");
    ok(!otlp_encoding_of(TEXT("application/grpc"), &e), "8.6 nor is gRPC");
    ok(!otlp_encoding_of(TEXT(""), &e), "8.5 nor nothing");
    is_str(otlp_content_type(OTLP_JSON), "application/json", "8.66 without parameters");
    is_str(otlp_content_type(OTLP_PROTOBUF), "application/x-protobuf", "8.66 likewise");
}

int main(void)
{
    arena_init(&arena, 2048 * MIB);
    test_vectors();
    test_empty();
    test_malformed();
    test_unknown();
    test_depth();
    test_ids();
    test_enums();
    test_times();
    test_values();
    test_limits();
    test_text();
    test_resource();
    test_shapes_of_old();
    test_entry();
    test_events_links();
    test_batch();
    test_metrics();
    test_replies();
    arena_free(&arena);
    return done_testing();
}
