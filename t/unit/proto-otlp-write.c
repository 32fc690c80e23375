/* OTLP written from spans: what was sent in comes back, in both encodings, whoever sent how much of it. */
#include <math.h>

#include "proto/limits.h"
#include "proto/otlp.h"
#include "proto/otlp_write.h"
#include "t/lib/span_make.h"
#include "t/lib/tap.h"

#define S 1760000000000000000ULL

static struct arena arena;

static struct attr plain[] = {
    {.key = TEXT("s"), .text = TEXT("text \"quoted\""), .kind = ATTR_STRING},
    {.key = TEXT("empty"), .text = TEXT(""), .kind = ATTR_STRING},
    {.key = TEXT("no"), .integer = 0, .kind = ATTR_BOOL},
    {.key = TEXT("zero"), .integer = 0, .kind = ATTR_INT},
    {.key = TEXT("big"), .integer = INT64_MAX, .kind = ATTR_INT},
    {.key = TEXT("negative"), .integer = -5, .kind = ATTR_INT},
    {.key = TEXT("real"), .real = 0.25, .kind = ATTR_DOUBLE},
    {.key = TEXT("nan"), .real = NAN, .kind = ATTR_DOUBLE},
    {.key = TEXT("bytes"), .text = TEXT("\0\xff\1"), .kind = ATTR_BYTES},
    {.key = TEXT("unset"), .kind = ATTR_EMPTY},
    {.key = TEXT("list"), .text = TEXT("[1,2.5,\"x\",true,{\"k\":[null]}]"), .kind = ATTR_JSON},
};
static struct attr service_name[] = {
    {.key = TEXT("service.name"), .text = TEXT("cart"), .kind = ATTR_STRING},
    {.key = TEXT("host.name"), .text = TEXT("web-1"), .kind = ATTR_STRING}};

static struct resource cart = {.service = TEXT("cart"), .attrs = {service_name, 2, 0}};
static struct resource cart_again = {.service = TEXT("cart"), .attrs = {service_name, 2, 0}};
static struct resource bare = {.service = TEXT("front")}; /* a Sentry SDK's, say */
static struct scope http = {.name = TEXT("http"), .version = TEXT("1.2")};
static struct scope http_again = {.name = TEXT("http"), .version = TEXT("1.2")};

static struct span span(uint8_t id, const struct resource *r, const struct scope *scope)
{
    struct span s = {.trace_id = {[15] = 1},
                     .span_id = {[7] = id},
                     .start_ns = S,
                     .end_ns = S + 1500,
                     .name = TEXT("work"),
                     .kind = SPAN_SERVER,
                     .resource = r,
                     .scope = scope};

    return s;
}

static struct text json_of(const struct span *const *spans, uint32_t count)
{
    struct buf b;

    buf_init(&b, &arena, 256, MIB);
    json_open(&b, NULL, '{');
    ok(otlp_write_json(&b, "resourceSpans", spans, count), "written as JSON");
    json_close(&b, '}');
    return buf_result(&b);
}

static struct text protobuf_of(const struct span *const *spans, uint32_t count)
{
    struct buf b;

    buf_init(&b, &arena, 16, MIB);
    ok(otlp_write_protobuf(&b, 1, spans, count), "written as protobuf");
    return buf_result(&b);
}

/* Read what was written, and write each span of it again, alone, as JSON: one line each. */
static struct text again(enum otlp_encoding encoding, struct text body, uint32_t *count)
{
    struct otlp_context ctx = {.received_ns = (int64_t)S};
    struct otlp_tally tally = {0};
    struct buf lines;
    struct otlp *o;
    struct span s;

    buf_init(&lines, &arena, 256, MIB);
    if (otlp_open(OTLP_TRACES, encoding, body, &ctx, &arena, &o) != OTLP_DONE)
        return TEXT("cannot be opened");
    while (otlp_next_span(o, &s)) {
        const struct span *one = &s;

        buf_text(&lines, json_of(&one, 1));
        buf_byte(&lines, '\n');
    }
    if (otlp_close(o, &tally) != OTLP_DONE || tally.rejected)
        return TEXT("is refused");
    *count = tally.accepted;
    return buf_result(&lines);
}

static bool holds(struct text where, const char *what)
{
    return text_find(where, text_of(what)) < where.len;
}

static void test_everything(void)
{
    struct attr key = {.key = TEXT("exception.type"), .text = TEXT("E"), .kind = ATTR_STRING};
    struct span_event event = {S + 7, TEXT("exception"), {&key, 1, 2}};
    struct span_link link = {
        {1}, {2}, .otel_flags = 0x301, .trace_state = TEXT("a=b"), .attrs = {plain, 2, 1}};
    struct span s = span(9, &cart, &http);
    const struct span *list = &s;
    uint32_t count = 0;
    struct text json, protobuf, from_json, from_protobuf;

    s.attrs = (struct attrs){plain, sizeof plain / sizeof *plain, 3};
    s.events = &event;
    s.event_count = 1;
    s.dropped_events = 4;
    s.links = &link;
    s.link_count = 1;
    s.dropped_links = 5;
    s.parent_id[0] = 8;
    s.otel_flags = 0x101;
    s.trace_state = TEXT("ot=th:c");
    s.status_message = TEXT("it failed");
    s.code = SPAN_FAILED;
    json = json_of(&list, 1);
    protobuf = protobuf_of(&list, 1);
    from_json = again(OTLP_JSON, json, &count);
    is_int(count, 1, "JSON is read again");
    from_protobuf = again(OTLP_PROTOBUF, protobuf, &count);
    is_int(count, 1, "protobuf is read again");
    json = arena_join(&arena, json, TEXT("\n"), TEXT(""));
    ok(text_eq(from_json, json), "28: a span with everything survives JSON");
    ok(text_eq(from_protobuf, json), "28: and protobuf: types, order, counts, ids");
    if (!text_eq(from_protobuf, json))
        note("%.*s# %.*s", TEXT_ARG(json), TEXT_ARG(from_protobuf));
    ok(holds(json, "{\"key\":\"big\",\"value\":{\"intValue\":\"9223372036854775807\"}}"),
       "25: exact integers, as strings");
    ok(holds(json, "{\"key\":\"nan\",\"value\":{\"doubleValue\":\"NaN\"}}"), "27: NaN");
    ok(holds(json, "{\"key\":\"unset\",\"value\":{}}"), "an empty value");
    ok(holds(json, "{\"arrayValue\":{\"values\":[") ||
           holds(json, "\"value\":{\"arrayValue\":{\"values\":["),
       "a list with types");
    ok(holds(json, "\"startTimeUnixNano\":\"1760000000000000000\""), "times to the nanosecond");
    ok(holds(json, "\"parentSpanId\":\"0800000000000000\""), "hex, not base64");
}

static void test_senders(void)
{
    struct span s[6] = {span(1, &cart, &http),       span(2, &bare, NULL),
                        span(3, &cart_again, NULL),  span(4, &cart_again, &http_again),
                        span(5, &cart, &http_again), span(6, &bare, NULL)};
    const struct span *list[6];
    struct origins o;
    struct text json;
    uint32_t count = 0;
    bool good;

    for (int i = 0; i < 6; i++)
        list[i] = &s[i];
    ok(origins_find(list, 6, &arena, &o), "senders");
    is_int(o.senders, 2, "two of them, whichever batch repeats their resource");
    is_int(o.count, 3, "three scopes");
    good = o.of[0] == 0 && o.of[3] == 0 && o.of[4] == 0 && o.of[2] == 1 && o.of[1] == 2 &&
           o.of[5] == 2;
    ok(good, "in order of appearance, one sender's together");
    json = json_of(list, 6);
    again(OTLP_JSON, json, &count);
    is_int(count, 6, "each span once in JSON");
    again(OTLP_PROTOBUF, protobuf_of(list, 6), &count);
    is_int(count, 6, "and in protobuf");
    ok(holds(json, "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"front\"}}"),
       "who has no service.name is given one");
    is_text(json_of(list, 0), "{\"resourceSpans\":[]}", "no spans");
    is_int(protobuf_of(list, 0).len, 0, "no spans: no bytes");
}

static void test_sentry(void)
{
    struct span s = span(1, &bare, NULL);
    const struct span *list = &s;
    struct text json;
    uint32_t count;

    s.op = TEXT("db.query");
    s.status = STATUS_NOT_FOUND;
    json = json_of(&list, 1);
    ok(holds(json, "\"sentry.op\",\"value\":{\"stringValue\":\"db.query\"}"), "Sentry's op");
    ok(holds(json, "\"sentry.status\",\"value\":{\"stringValue\":\"not_found\"}"), "and status");
    ok(holds(again(OTLP_PROTOBUF, protobuf_of(&list, 1), &count), "db.query"), "in protobuf too");
}

/* A batch as exporters send it, span by span. */
/* A sender's own service.name without a value stays as it is: a second one beside it would be no OTLP. */
static void test_empty_service(void)
{
    static struct attr unset[] = {{.key = TEXT("service.name"), .kind = ATTR_EMPTY}};
    static struct resource r = {.service = TEXT("unknown_service"), .attrs = {unset, 1, 0}};
    struct span s = span(1, &r, &http);
    const struct span *one = &s;
    struct text json = json_of(&one, 1);
    struct text back;
    uint32_t count = 0;

    ok(holds(json, "\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{}}]}"),
       "a service.name without a value is not given a second one");
    back = again(OTLP_PROTOBUF, protobuf_of(&one, 1), &count);
    is_text(text_trim(back), json.at, "and comes back as it was");
}

static void test_batch(void)
{
    struct span_maker m = {.seed = 4, .now_ns = S, .services = 3};
    struct otlp_context ctx = {.received_ns = (int64_t)S};
    struct text body = maker_batch(&m, 16, &arena);
    uint32_t same = 0, all = 0, count;
    struct otlp *o;
    struct span s;

    otlp_open(OTLP_TRACES, OTLP_PROTOBUF, body, &ctx, &arena, &o);
    while (otlp_next_span(o, &s)) {
        const struct span *one = &s;
        struct buf b, p;
        struct text back;

        buf_init(&b, &arena, 256, MIB);
        json_open(&b, NULL, '{');
        otlp_write_json(&b, "resourceSpans", &one, 1);
        json_close(&b, '}');
        buf_byte(&b, '\n');
        buf_init(&p, &arena, 256, MIB);
        otlp_write_protobuf(&p, 1, &one, 1);
        back = again(OTLP_PROTOBUF, buf_result(&p), &count);
        same += text_eq(back, buf_result(&b));
        all++;
    }
    otlp_close(o, NULL);
    is_int(all, 128, "the spans of a batch");
    is_int(same, all, "all come back as they were");
}

int main(void)
{
    arena_init(&arena, 64 * MIB);
    test_everything();
    test_senders();
    test_sentry();
    test_empty_service();
    test_batch();
    arena_free(&arena);
    return done_testing();
}
