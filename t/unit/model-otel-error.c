/* Exceptions of OpenTelemetry as events: what is found, what it is made into, what counts as the same.
 * Numbers are those of the list of cases in docs/compatibility.md, "OTLP". */
#include "model/group.h"
#include "model/otel_error.h"
#include "model/title.h"
#include "proto/limits.h"
#include "t/lib/tap.h"

static struct arena arena;
static struct resource resource;
static struct event event;

#define START 1770458400000000000ULL

static void set_resource(const char *language)
{
    struct attr_list l;

    attr_list_init(&l, &arena, 16, 64);
    attr_add_text(&l, "service.name", TEXT("cart"));
    attr_add_text(&l, "telemetry.sdk.language", text_of(language));
    attr_add_text(&l, "telemetry.sdk.name", TEXT("opentelemetry"));
    attr_add_text(&l, "host.name", TEXT("web-1"));
    attr_add_text(&l, "process.runtime.name", TEXT("CPython"));
    resource =
        (struct resource){.service = TEXT("cart"),
                          .release = TEXT("cart@1.2"),
                          .environment = TEXT("prod"),
                          .platform = strcmp(language, "nodejs") ? text_of(language) : TEXT("node"),
                          .attrs = l.attrs};
}

static struct attrs exception_attrs(const char *type, const char *message, const char *stack)
{
    struct attr_list l;

    attr_list_init(&l, &arena, 8, 64);
    attr_add_text(&l, "exception.type", text_of(type));
    attr_add_text(&l, "exception.message", text_of(message));
    attr_add_text(&l, "exception.stacktrace", text_of(stack));
    return l.attrs;
}

/* A failed server span with one exception event. */
static struct span span_with(uint64_t id, struct attrs attrs)
{
    struct span s = {.start_ns = START,
                     .end_ns = START + 5000000,
                     .name = TEXT("GET /cart"),
                     .kind = SPAN_SERVER,
                     .code = SPAN_FAILED,
                     .flags = SPAN_ERROR | SPAN_ENTRY,
                     .resource = &resource};
    struct span_event *e = arena_zero(&arena, 1, sizeof *e);
    struct attr_list l;

    memset(s.trace_id, 7, 16);
    memcpy(s.span_id, &id, 8);
    *e = (struct span_event){.time_ns = START + 1000000, .name = TEXT("exception"), .attrs = attrs};
    s.events = e;
    s.event_count = 1;
    attr_list_init(&l, &arena, 8, 64);
    attr_add_text(&l, "http.request.method", TEXT("GET"));
    attr_add_text(&l, "url.path", TEXT("/cart"));
    attr_add_text(&l, "server.address", TEXT("shop.example"));
    attr_add_text(&l, "url.scheme", TEXT("https"));
    attr_add_text(&l, "user.id", TEXT("42"));
    s.attrs = l.attrs;
    return s;
}

static struct otel_error first_of(const struct span *s)
{
    struct otel_error *list, none = {0};
    uint32_t count;

    otel_span_errors(s, 1, &arena, &list, &count);
    return count ? list[0] : none;
}

/* Through the door of every event. */
static void make_event(const struct otel_error *e)
{
    struct event_context ctx = {.received_us = START / 1000};
    struct json *root = otel_error_event(e, &arena);

    if (!root || event_from_tree(root, &ctx, &arena, &event) != EVENT_OK ||
        event_fill(&event, &arena) != EVENT_OK)
        note("no event came of it");
}

static struct text written(void)
{
    struct buf b;

    buf_init(&b, &arena, 4096, MIB);
    event_write(&event, &b);
    return buf_result(&b);
}

static bool says(const char *what)
{
    return text_find(written(), text_of(what)) < written().len;
}

#define PYTHON_STACK                                                                       \
    "Traceback (most recent call last):\n  File \"/srv/price.py\", line 9, in price\n"     \
    "    return T[s]\nKeyError: 'sku'\n\nThe above exception was the direct cause of the " \
    "following exception:\n\nTraceback (most recent call last):\n"                         \
    "  File \"/srv/cart.py\", line 41, in add\n    price(x)\nshop.errors.CartError: no price\n"

static void test_span_event(void)
{
    struct span s;
    struct otel_error e;
    struct title title;

    set_resource("python");
    s = span_with(1, exception_attrs("shop.errors.CartError", "no price", PYTHON_STACK));
    e = first_of(&s);
    make_event(&e);
    is_int(event.exception_count, 2, "8.45 Python stack with a cause: two exception values");
    is_text(event.exceptions[0].type, "KeyError", "8.45 the cause first");
    is_text(event.exceptions[1].type, "CartError", "8.45 the thrown one last");
    is_text(event.exceptions[1].module, "shop.errors", "its module");
    is_text(event.exceptions[1].value, "no price", "its message");
    ok(event.exceptions[1].stack && event.exceptions[1].stack->count == 1 &&
           event.exceptions[1].stack->frames[0].lineno == 41,
       "its frames");
    ok(event.type == EVENT_ERROR && event.level == LEVEL_ERROR, "an error");
    is_text(event.platform, "python", "platform");
    is_text(event.release, "cart@1.2", "release");
    is_text(event.environment, "prod", "environment");
    is_text(event.transaction, "GET /cart", "the transaction is the entry span");
    ok(event.has_trace && event.trace_id[0] == 7 && event.has_span && event.span_id[0] == 1,
       "trace and span");
    ok(event.has_id && memcmp(event.id, e.id, 16) == 0, "the id that was made for it");
    is_int(event.timestamp_us, (START + 1000000) / 1000, "the time of the event");
    is_text(event.user_id, "42", "user");
    is_text(event.request_url, "https://shop.example/cart", "request");
    is_text(event.sdk_name, "opentelemetry", "sdk");
    ok(says("\"service\"") && says("\"cart\""), "tagged with its service");
    ok(says("\"telemetry.sdk.language\""), "resource attributes are in contexts.otel");
    ok(!says("Traceback"), "the stack is not there twice");
    ok(title_make(&event, &arena, &title) && text_is(title.title, "CartError: no price"), "title");
}

static void test_same(void)
{
    struct attrs attrs = exception_attrs("a.B", "boom", "a.B: boom\n\tat a.B.c(B.java:1)\n");
    struct span nested[3], other;
    struct otel_error e[3], o, l;
    struct logrec log = {.time_ns = START + 1200000, .severity = 17, .resource = &resource};

    set_resource("java");
    for (int i = 0; i < 3; i++) {
        nested[i] = span_with((uint64_t)i + 1, attrs);
        nested[i].events[0].time_ns += (uint64_t)i * 50000;
        e[i] = first_of(&nested[i]);
    }
    ok(memcmp(e[0].id, e[1].id, 16) == 0 && memcmp(e[0].id, e[2].id, 16) == 0,
       "8.46 the same exception on three nested spans: one id");
    log.attrs = attrs;
    memset(log.trace_id, 7, 16);
    ok(otel_log_error(&log, 1, &l) && memcmp(l.id, e[0].id, 16) == 0,
       "8.47 as span event and as log: one id");
    other = span_with(1, exception_attrs("a.B", "bang", "a.B: bang\n\tat a.B.c(B.java:1)\n"));
    o = first_of(&other);
    ok(memcmp(o.id, e[0].id, 16) != 0, "another message: another id");
    other = span_with(1, attrs);
    memset(other.trace_id, 8, 16);
    o = first_of(&other);
    ok(memcmp(o.id, e[0].id, 16) != 0, "another trace: another id");
    otel_log_error(&log, 2, &l);
    ok(memcmp(l.id, e[0].id, 16) != 0, "another project: another id");
}

static void test_logs(void)
{
    struct logrec log = {.time_ns = START, .severity = 17, .resource = &resource};
    struct scope scope = {.name = TEXT("shop.cart")};
    struct otel_error e, again;

    set_resource("java");
    log.attrs = exception_attrs("a.B", "boom", "a.B: boom\n\tat a.B.c(B.java:1)\n");
    log.scope = &scope;
    log.body = (struct attr){.kind = ATTR_STRING, .text = TEXT("checkout failed")};
    ok(otel_log_error(&log, 1, &e), "a log record with exception.* carries one");
    make_event(&e);
    ok(!event.has_trace && event.exception_count == 1, "8.48 without ids: an error without trace");
    is_text(event.message, "checkout failed", "what was logged");
    is_text(event.logger, "shop.cart", "by whom");
    log.time_ns++;
    otel_log_error(&log, 1, &again);
    ok(memcmp(e.id, again.id, 16) != 0, "without a trace, another time is another event");
    log.severity = 13;
    log.event_name = TEXT("http.client.request.exception");
    ok(otel_log_error(&log, 1, &e) && e.level < OTEL_ISSUE_LEVEL, "8.49 WARN: no issue by default");
    log.severity = 21;
    otel_log_error(&log, 1, &e);
    is_int(e.level, LEVEL_FATAL, "FATAL");
    log.attrs = (struct attrs){0};
    ok(!otel_log_error(&log, 1, &e), "a record without exception.* carries none");
}

static void test_odd(void)
{
    struct attr_list l;
    struct span s;
    struct otel_error e;
    struct attr *at;

    set_resource("go");
    s = span_with(1, exception_attrs("*errors.errorString", "no rows for id 8231", ""));
    e = first_of(&s);
    make_event(&e);
    ok(event.exception_count == 1 && !event.exceptions[0].stack, "8.50 type and message, no stack");
    is_text(event.exceptions[0].type, "*errors.errorString", "8.50 the type as it is");
    set_resource("nodejs");
    s = span_with(1, exception_attrs("ECONNREFUSED", "connect ECONNREFUSED 10.0.0.1:5432",
                                     "Error: connect ECONNREFUSED 10.0.0.1:5432\n"
                                     "    at connect (/srv/db.js:3:5)\n"));
    e = first_of(&s);
    make_event(&e);
    is_text(event.exceptions[0].type, "Error", "8.51 a code as type: the name from the stack");
    ok(says("\"exception.type\"") && says("\"ECONNREFUSED\""), "8.51 and the code as tag");
    set_resource("java");
    s = span_with(
        1, exception_attrs("a.B", "boom", "a.B: boom\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.ja"));
    e = first_of(&s);
    make_event(&e);
    ok(event.exceptions[0].stack && event.exceptions[0].stack->count == 2,
       "8.52 a stack cut in a frame: what is before the cut");
    set_resource("rust");
    s = span_with(1, (struct attrs){0});
    s.event_count = 0;
    attr_list_init(&l, &arena, 8, 64);
    attr_add_text(&l, "exception.message", TEXT("cannot place the order"));
    at = attr_add(&l, TEXT("exception.stacktrace"));
    at->kind = ATTR_JSON;
    at->text = TEXT("[\"no price\",\"connection refused\"]");
    s.attrs = l.attrs;
    e = first_of(&s);
    make_event(&e);
    is_int(event.exception_count, 3, "8.65 Rust: attributes of the span itself, causes kept");
    is_text(event.exceptions[0].value, "connection refused", "8.65 the root of it first");
    is_text(event.exceptions[2].value, "cannot place the order", "8.65 what was said last");
    set_resource("python");
    s = span_with(1, exception_attrs("E", "m", "no stack at all"));
    e = first_of(&s);
    make_event(&e);
    ok(says("no stack at all"), "a stack in nobody's grammar is kept as text");
    s = span_with(1, exception_attrs("", "", "x"));
    ok(!first_of(&s).type.len, "neither type nor message: nothing");
    s = span_with(1, exception_attrs("E", "m", ""));
    s.flags = 0;
    s.code = SPAN_UNSET;
    ok(first_of(&s).level == LEVEL_WARNING, "recorded on a span that did not fail: a warning");
    attr_list_init(&l, &arena, 4, 64);
    attr_add_text(&l, "exception.type", TEXT("E"));
    attr_add_text(&l, "exception.escaped", TEXT("True"));
    s.events[0].attrs = l.attrs;
    e = first_of(&s);
    ok(e.level == LEVEL_ERROR, "escaped, as Python writes it: an error");
    make_event(&e);
    ok(event.exceptions[0].mechanism.handled == TRI_NO, "and unhandled");
    s.event_count = 0;
    ok(!first_of(&s).type.len, "a failed span without exception is no issue");
}

/* All frames of libraries: then all of them matter. */
static void test_foreign(void)
{
    struct span s;
    struct otel_error e;

    set_resource("java");
    s = span_with(1, exception_attrs("java.lang.E", "x",
                                     "java.lang.E: x\n\tat java.util.A.b(A.java:1)\n\tat "
                                     "java.lang.Thread.run(Thread.java:2)\n"));
    e = first_of(&s);
    make_event(&e);
    ok(event.exceptions[0].stack->frames[0].in_app == TRI_YES &&
           event.exceptions[0].stack->frames[1].in_app == TRI_YES,
       "no frame of the program: all count as such");
}

static struct group_hash hash_of(void)
{
    struct group_result g;

    group_event(&event, NULL, &arena, &g);
    return g.hashes[0];
}

/* Line numbers and values move between releases and requests; the issue stays. */
static void test_grouping(void)
{
    struct span s;
    struct otel_error e;
    struct group_hash one, two;

    set_resource("java");
    s = span_with(1, exception_attrs("shop.E", "id 1", "shop.E: id 1\n\tat shop.B.c(B.java:1)\n"));
    e = first_of(&s);
    make_event(&e);
    one = hash_of();
    s = span_with(2, exception_attrs("shop.E", "id 2", "shop.E: id 2\n\tat shop.B.c(B.java:77)\n"));
    e = first_of(&s);
    make_event(&e);
    two = hash_of();
    ok(memcmp(one.bytes, two.bytes, 16) == 0, "other line, other message, same stack: one issue");
}

int main(void)
{
    arena_init(&arena, 256 * MIB);
    test_span_event();
    test_same();
    test_logs();
    test_odd();
    test_foreign();
    test_grouping();
    arena_free(&arena);
    return done_testing();
}
