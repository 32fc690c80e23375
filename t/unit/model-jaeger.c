/* A trace in Jaeger's JSON: shapes, types, references, processes. */
#include <math.h>

#include "model/jaeger.h"
#include "proto/json.h"
#include "proto/limits.h"
#include "t/lib/tap.h"

#define S 1760000000123456789ULL

static struct arena arena;
static struct attr host[] = {
    {.key = TEXT("service.name"), .text = TEXT("cart"), .kind = ATTR_STRING},
    {.key = TEXT("host.name"), .text = TEXT("web-1"), .kind = ATTR_STRING}};
static struct resource cart = {.service = TEXT("cart"), .attrs = {host, 2, 0}};
static struct resource cart_again = {.service = TEXT("cart"), .attrs = {host, 2, 0}};
static struct resource pay = {.service = TEXT("pay")};

static struct span span(uint8_t id, uint8_t parent, const struct resource *r, const char *name)
{
    struct span s = {.trace_id = {[15] = 1},
                     .span_id = {[7] = id},
                     .parent_id = {[7] = parent},
                     .start_ns = S + id * 1000,
                     .end_ns = S + 2517000,
                     .name = text_of(name),
                     .kind = SPAN_INTERNAL,
                     .resource = r};

    return s;
}

/* Built, written, and read again. */
static struct json *written(const struct span *spans, uint32_t count, uint32_t show)
{
    struct json *doc = NULL;
    struct trace t;
    struct buf b;

    buf_init(&b, &arena, 256, MIB);
    ok(trace_build(spans, count, &arena, &t) &&
           jaeger_write_trace(&b, &t, show < t.count ? show : t.count, t.count),
       "written");
    ok(json_read(buf_result(&b), &arena, &doc, NULL) == JSON_OK, "valid JSON");
    return doc;
}

static struct json *at(struct json *list, uint32_t i)
{
    struct json *v = list ? list->child : NULL;

    for (; v && i; i--)
        v = v->next;
    return v;
}

static struct text string(struct json *v, const char *key)
{
    return json_as_text(json_get(v, key), &arena);
}

/* "type value" of a tag. */
static const char *tag(struct json *list, const char *key)
{
    for (struct json *v = list->child; v; v = v->next)
        if (text_is(string(v, "key"), key))
            return arena_printf(&arena, "%.*s %.*s", TEXT_ARG(string(v, "type")),
                                TEXT_ARG(string(v, "value")))
                .at;
    return "none";
}

static void test_span(void)
{
    struct attr attrs[] = {
        {.key = TEXT("http.response.status_code"), .integer = 500, .kind = ATTR_INT},
        {.key = TEXT("big"), .integer = INT64_MAX, .kind = ATTR_INT},
        {.key = TEXT("safe"), .integer = (INT64_C(1) << 53) - 1, .kind = ATTR_INT},
        {.key = TEXT("real"), .real = 0.5, .kind = ATTR_DOUBLE},
        {.key = TEXT("nan"), .real = NAN, .kind = ATTR_DOUBLE},
        {.key = TEXT("yes"), .integer = 1, .kind = ATTR_BOOL},
        {.key = TEXT("bytes"), .text = TEXT("abc"), .kind = ATTR_BYTES},
        {.key = TEXT("list"), .text = TEXT("[1,\"x\"]"), .kind = ATTR_JSON},
        {.key = TEXT("unset"), .kind = ATTR_EMPTY}};
    struct attr type = {
        .key = TEXT("exception.type"), .text = TEXT("KeyError"), .kind = ATTR_STRING};
    struct span_event event = {S + 544, TEXT("exception"), {&type, 1, 0}};
    struct attr child_of = {
        .key = TEXT("opentracing.ref_type"), .text = TEXT("child_of"), .kind = ATTR_STRING};
    struct span_link links[] = {{.trace_id = {9}, .span_id = {8}},
                                {.trace_id = {9}, .span_id = {7}, .attrs = {&child_of, 1, 0}}};
    struct scope scope = {.name = TEXT("http"), .version = TEXT("1.2")};
    struct span s = span(1, 0, &cart, "GET /cart");
    struct json *doc, *one, *tags, *fields, *refs;

    s.kind = SPAN_SERVER;
    s.attrs = (struct attrs){attrs, sizeof attrs / sizeof *attrs, 2};
    s.events = &event;
    s.event_count = 1;
    s.links = links;
    s.link_count = 2;
    s.scope = &scope;
    s.code = SPAN_FAILED;
    s.flags = SPAN_ERROR;
    s.status_message = TEXT("it failed");
    s.trace_state = TEXT("a=b");
    doc = written(&s, 1, 1);
    is_text(string(doc, "traceID"), "00000000000000000000000000000001", "32 digits");
    ok(json_is(json_get(doc, "warnings"), JSON_NULL), "no warnings: null");
    one = at(json_get(doc, "spans"), 0);
    is_text(string(one, "spanID"), "0000000000000001", "span id");
    is_text(string(one, "operationName"), "GET /cart", "operation");
    ok(json_is(json_get(one, "startTime"), JSON_NUMBER), "a number");
    is_text(string(one, "startTime"), "1760000000123457", "microseconds");
    is_text(string(one, "duration"), "2516", "likewise");
    is_text(string(one, "flags"), "1", "sampled");
    is_text(string(one, "processID"), "p1", "process");
    tags = json_get(one, "tags");
    is_str(tag(tags, "span.kind"), "string server", "kind");
    is_str(tag(tags, "http.response.status_code"), "int64 500", "integer");
    is_str(tag(tags, "big"), "int64 9223372036854775807", "beyond 2^53");
    ok(json_is(json_get(at(tags, 2), "value"), JSON_STRING), "as a string");
    ok(json_is(json_get(at(tags, 3), "value"), JSON_NUMBER), "below: a number");
    is_str(tag(tags, "real"), "float64 0.5", "double");
    is_str(tag(tags, "nan"), "float64 NaN", "27: NaN in valid JSON");
    is_str(tag(tags, "yes"), "bool true", "bool");
    is_str(tag(tags, "bytes"), "binary YWJj", "bytes in base64");
    is_str(tag(tags, "list"), "string [1,\"x\"]", "lists as JSON text");
    is_str(tag(tags, "unset"), "string ", "an empty value");
    is_str(tag(tags, "error"), "bool true", "it failed");
    is_str(tag(tags, "otel.status_code"), "string ERROR", "status");
    is_str(tag(tags, "otel.status_description"), "string it failed", "and why");
    is_str(tag(tags, "otel.scope.name"), "string http", "scope");
    is_str(tag(tags, "w3c.tracestate"), "string a=b", "trace state");
    fields = json_get(at(json_get(one, "logs"), 0), "fields");
    is_text(string(at(json_get(one, "logs"), 0), "timestamp"), "1760000000123457", "a log's time");
    is_str(tag(fields, "event"), "string exception", "its name is a field");
    is_text(string(at(fields, 0), "key"), "event", "the first one");
    is_str(tag(fields, "exception.type"), "string KeyError", "and its attributes");
    refs = json_get(one, "references");
    is_int(refs->count, 2, "links are references");
    is_text(string(at(refs, 0), "refType"), "FOLLOWS_FROM", "as a rule");
    is_text(string(at(refs, 1), "refType"), "CHILD_OF", "unless they say otherwise");
    is_int(json_get(one, "warnings")->count, 1, "dropped attributes are a warning");
}

static void test_tree(void)
{
    struct span s[] = {span(1, 0, &cart, "root"), span(2, 1, &cart_again, "child"),
                       span(3, 2, &pay, "leaf"), span(4, 99, &pay, "orphan")};
    struct json *doc = written(s, 4, 4), *spans = json_get(doc, "spans"), *process, *refs;

    is_int(spans->count, 4, "all of them");
    is_int(json_get(at(spans, 0), "references")->count, 0, "a root refers to nobody");
    refs = json_get(at(spans, 1), "references");
    is_text(string(at(refs, 0), "spanID"), "0000000000000001", "a child to its parent");
    is_text(string(at(refs, 0), "refType"), "CHILD_OF", "as its child");
    refs = json_get(at(spans, 3), "references");
    is_text(string(at(refs, 0), "spanID"), "0000000000000063", "35: an orphan to who is not there");
    is_int(json_get(doc, "processes")->count, 2, "two processes");
    process = json_get(json_get(doc, "processes"), "p1");
    is_text(string(process, "serviceName"), "cart", "the first one's service");
    is_str(tag(json_get(process, "tags"), "host.name"), "string web-1", "its tags");
    is_str(tag(json_get(process, "tags"), "service.name"), "none", "without the service");
    is_int(json_get(json_get(json_get(doc, "processes"), "p2"), "tags")->count, 0,
           "no tags: an empty list");
}

static void test_odd(void)
{
    struct span circle[] = {span(1, 2, &cart, "a"), span(2, 1, &cart, "b")};
    struct span shared[] = {span(1, 0, &cart, "call"), span(1, 0, &pay, "serve"),
                            span(2, 1, &pay, "below")};
    struct span many[] = {span(1, 0, &cart, "root"), span(2, 1, &cart, "kept"),
                          span(3, 1, &pay, "left out")};
    struct json *spans, *doc;
    struct text server;

    spans = json_get(written(circle, 2, 2), "spans");
    is_int(json_get(at(spans, 0), "references")->count, 0, "23: a circle is cut for readers, too");
    is_int(json_get(at(spans, 0), "warnings")->count, 1, "and says so");
    is_int(json_get(at(spans, 1), "references")->count, 1, "once");

    shared[0].kind = SPAN_CLIENT;
    shared[1].kind = SPAN_SERVER;
    spans = json_get(written(shared, 3, 3), "spans");
    is_int(spans->count, 3, "33: client and server of one id are two spans");
    server = string(at(spans, 1), "spanID");
    ok(!text_is(server, "0000000000000001"), "of two ids");
    is_text(string(at(json_get(at(spans, 1), "references"), 0), "spanID"), "0000000000000001",
            "the server's below the client's");
    ok(text_eq(string(at(json_get(at(spans, 2), "references"), 0), "spanID"), server),
       "what the server called is below the server");

    doc = written(many, 3, 2);
    is_int(json_get(doc, "spans")->count, 2, "no more than asked for");
    is_int(json_get(doc, "warnings")->count, 1, "and it says what is missing");
    is_int(json_get(doc, "processes")->count, 1, "no process without spans");
}

int main(void)
{
    arena_init(&arena, 64 * MIB);
    test_span();
    test_tree();
    test_odd();
    arena_free(&arena);
    return done_testing();
}
