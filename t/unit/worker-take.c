/* worker-take.c -- what each endpoint makes of what it gets: answers, records, outcomes. Numbers
 * are those of the conformance list in docs/compatibility.md. */
#include "t/lib/tap.h"

#include <zlib.h>

#include "proto/hex.h"
#include "t/lib/serve.h"

#define ID "d1f4a6720b9e4c53876a2be0591fc38d"
#define HEADER "{\"event_id\":\"" ID "\"}\n"
#define EVENT "{\"message\":\"hello\"}"
#define SLOW_AUTH "X-Sentry-Auth: Sentry sentry_key=" SERVE_KEY_SLOW "\r\n"

static struct serve s;

static struct http envelope(const char *text)
{
    serve_forget(&s);
    return serve_post(&s, "/api/1/envelope/", text_of(text));
}

static struct record_event event_at(int n)
{
    static struct record_event e;
    const struct text *body = serve_find(&s, RECORD_EVENT, n);

    e = (struct record_event){0};
    if (body)
        record_event_peek(*body, &e);
    return e;
}

static struct record_attachment attachment_at(int n)
{
    static struct record_attachment a;
    const struct text *body = serve_find(&s, RECORD_ATTACHMENT, n);

    a = (struct record_attachment){0};
    if (body)
        record_attachment_read(*body, &a);
    return a;
}

static bool contains(struct text all, const char *part)
{
    return text_find(all, text_of(part)) != all.len;
}

static void framing(void)
{
    struct http r;

    r = envelope(HEADER
                 "{\"type\":\"event\",\"length\":19}\n" EVENT
                 "\n{\"type\":\"attachment\",\"length\":6,\"filename\":\"a.txt\"}\na\r\nb\r\n\n");
    is_int(r.status, 200, "1: event and attachment");
    is_text(r.body, "{\"id\":\"" ID "\"}", "1: answered with the id");
    is_int(serve_count(&s, RECORD_EVENT), 1, "1: one event");
    is_text(attachment_at(0).data, "a\r\nb\r\n", "1: bytes exact");
    r = envelope(HEADER
                 "{\"type\":\"event\",\"length\":19}\n" EVENT
                 "\n{\"type\":\"attachment\",\"length\":6,\"filename\":\"a.txt\"}\na\r\nb\r\n");
    ok(r.status == 200 && serve_count(&s, RECORD_ATTACHMENT) == 1, "2: without the final LF");
    r = envelope(HEADER "{\"type\":\"event\"}\n" EVENT);
    ok(r.status == 200 && serve_count(&s, RECORD_EVENT) == 1, "3: no length, ends at EOF");
    r = envelope(HEADER "{\"type\":\"event\"}\n" EVENT "\n{\"type\":\"attachment\"}\nx");
    ok(r.status == 200 && serve_count(&s, RECORD_ATTACHMENT) == 1, "3: no length, second item");
    r = envelope(HEADER "{\"type\":\"event\",\"length\":20}\n{\"message\":\n\"hello\"}");
    is_int(r.status, 200, "4: raw LF with length");
    r = envelope(HEADER "{\"type\":\"event\"}\n{\"message\":\n\"hello\"}");
    is_int(r.status, 400, "4: raw LF without");
    is_int(s.records, 0, "4: nothing stored");
    r = envelope(HEADER "{\"type\":\"attachment\",\"length\":0}\n\n");
    ok(r.status == 200 && attachment_at(0).size == 0, "5: an empty attachment is kept");
    r = envelope(HEADER "{\"type\":\"event\",\"length\":99}\n" EVENT);
    is_int(r.status, 400, "6: length too long");
    ok(contains(r.body, "unexpected end of file"), "6: with the cause");
    r = envelope(HEADER "{\"type\":\"event\",\"length\":9}\n" EVENT);
    ok(r.status == 400 && contains(r.body, "missing newline"), "6: length too short");
    is_int(s.records, 0, "6: nothing stored");
    r = envelope("{}\n{\"type\":\"session\"}");
    is_int(r.status, 200, "7: a header alone");
    r = envelope("{}");
    ok(r.status == 200 && text_is(r.body, "{}"), "8: no items");
    is_int(envelope("{}\n").status, 200, "8: and a LF");
    is_int(envelope("").status, 400, "8: nothing at all");
    is_int(envelope("\n").status, 400, "8: a LF alone");
    is_int(envelope("hello").status, 400, "8: no JSON");
    is_int(envelope("[]\n").status, 400, "8: a list");
    is_int(envelope("null\n").status, 400, "8: null");
    r = envelope("{\"event_id\":\"" ID "\"}\r\n\n{\"type\":\"event\"}\n" EVENT "\n\n\n");
    ok(r.status == 200 && serve_count(&s, RECORD_EVENT) == 1, "9: CRLF and blank lines");
    r = envelope(HEADER "{\"type\":\"brand_new\",\"length\":3}\nabc\n{\"type\":\"event\"}\n" EVENT);
    ok(r.status == 200 && serve_count(&s, RECORD_EVENT) == 1, "10: an unknown item is skipped");
    is_int(serve_outcome(&s, OUTCOME_UNKNOWN, "unknown", "brand_new"), 1, "10: and counted");
    is_int(envelope("{}\n{\"type\":\"brand_new\"}\nabc").status, 200, "10: only unknown items");
    is_int(envelope("{}\n{\"x\":1}\nabc").status, 400, "11: an item without type");
    is_int(envelope("{}\n{\"type\":7}\nabc").status, 400, "11: a type that is no string");
    r = envelope(HEADER "{\"type\":\"event\"}\n{\"message\":\"a\xff"
                        "b\"}");
    ok(r.status == 200 && contains(event_at(0).payload, "a\xef\xbf\xbd"
                                                        "b"),
       "12: bad UTF-8 in a payload becomes U+FFFD");
    is_int(envelope("{\"x\":\"\xff\"}\n").status, 400, "12: in a header it is an error");
}

static void identity(void)
{
    struct http r;
    char hex[33] = {0};

    r = envelope(HEADER "{\"type\":\"event\"}\n" EVENT "\n{\"type\":\"transaction\"}\n{}\n"
                        "{\"type\":\"event\"}\n" EVENT);
    is_int(r.status, 200, "13: two events and a transaction");
    is_int(serve_count(&s, RECORD_EVENT), 1, "13: the first is kept");
    is_int(serve_outcome(&s, OUTCOME_INVALID, "error", "duplicate_item"), 1,
           "13: an event counted");
    is_int(serve_outcome(&s, OUTCOME_INVALID, "transaction", "duplicate_item"), 1,
           "13: the transaction counted");
    r = envelope("{\"event_id\":\"" ID "\",\"sent_at\":\"garbage\"}\n{\"type\":\"event\"}\n" EVENT);
    ok(r.status == 200 && serve_count(&s, RECORD_EVENT) == 1, "15: sent_at that is no date");
    r = envelope("{\"event_id\":\"D1F4A672-0B9E-4C53-876A-2BE0591FC38D\"}\n{\"type\":\"event\"}\n"
                 "{\"event_id\":\"00000000000000000000000000000001\"}");
    is_text(r.body, "{\"id\":\"" ID "\"}", "16: dashed, upper case, and wins over the payload");
    hex_write(event_at(0).id, 16, hex);
    is_str(hex, ID, "16: in the record too");
    r = envelope("{}\n{\"type\":\"event\"}\n" EVENT);
    ok(r.status == 200 && r.body.len == 41, "17: an id is made");
    r = envelope("{}\n{\"type\":\"attachment\"}\nabc");
    ok(r.status == 200 && serve_count(&s, RECORD_ATTACHMENT) == 0, "17: an attachment without id");
    is_int(serve_outcome(&s, OUTCOME_INVALID, "attachment", "missing_event_id"), 1,
           "17: is counted");
}

static void many_items(void)
{
    struct buf b;
    struct http r;
    int64_t from = serve_ticks();

    buf_init(&b, &s.arena, 1 << 20, 64 << 20);
    buf_str(&b, "{}\n");
    for (int i = 0; i < 100000; i++)
        buf_str(&b, "{\"type\":\"x\"}\n\n");
    r = serve_post(&s, "/api/1/envelope/", buf_result(&b));
    ok(r.status == 200 || r.status == 413, "18: 100,000 items: %d", r.status);
    ok(serve_ticks() - from < 3000, "18: in bounded time");
}

static void authentication(void)
{
    struct http r;

    serve_forget(&s);
    r = serve_ask(
        &s, "POST", "/api/1/envelope/", "X-Sentry-Auth:\r\n",
        TEXT("{\"dsn\":\"https://" SERVE_KEY "@elsewhere/1\"}\n{\"type\":\"event\"}\n" EVENT));
    is_int(r.status, 200, "20: the dsn of the envelope is enough");
    r = serve_ask(&s, "POST", "/api/1/envelope/", NULL, TEXT("{}\n"));
    is_int(r.status, 401, "20: no key anywhere");
    r = serve_ask(&s, "POST", "/api/1/envelope/", NULL, TEXT("nonsense"));
    ok(r.status == 401 && contains(r.body, "bad envelope authentication header"),
       "20: a first line that was needed");
    r = serve_ask(&s, "POST", "/api/1/envelope/?sentry_key=" SERVE_KEY_TWO, SERVE_AUTH, TEXT("{}"));
    is_int(r.status, 401, "21: two different keys");
    r = serve_ask(&s, "POST", "/api/1/envelope/", SERVE_AUTH,
                  TEXT("{\"dsn\":\"https://" SERVE_KEY_TWO "@h/1\"}\n"));
    is_int(r.status, 401, "21: header and dsn differ");
    r = serve_ask(&s, "POST", "/api/1/envelope/?sentry_key=99999999999999999999999999999999", NULL,
                  TEXT("{}"));
    ok(r.status == 403 && http_has(&r, "access-control-allow-origin: *"), "22: unknown key");
    is_int(serve_ask(&s, "POST", "/api/2/envelope/", SERVE_AUTH, TEXT("{}")).status, 403,
           "22: key of another project");
    is_int(serve_ask(&s, "POST", "/api/abc/envelope/", SERVE_AUTH, TEXT("{}")).status, 400,
           "22: project abc");
    is_int(serve_ask(&s, "POST", "/api/1/envelope/?sentry_key=" SERVE_KEY_OFF, NULL, TEXT("{}"))
               .status,
           403, "22: disabled key");
    is_int(serve_ask(&s, "POST", "/api/1/envelope/",
                     "X-Sentry-Auth: Sentry sentry_version=8,sentry_key=" SERVE_KEY "\r\n",
                     TEXT("{}"))
               .status,
           400, "23: version 8");
    is_int(serve_post(&s, "//api/1//envelope/", TEXT("{}")).status, 200, "24: doubled slashes");
    is_int(serve_ask(&s, "GET", "/api/1/envelope/", SERVE_AUTH, TEXT("")).status, 405, "24: GET");
    is_int(serve_post(&s, "/errors/api/1/envelope/", TEXT("{}")).status, 200, "25: path prefix");
    r = serve_ask(&s, "POST", "/api/3/envelope/?sentry_key=" SERVE_KEY_PAGE,
                  "Origin: https://evil.example\r\n", TEXT("{}"));
    ok(r.status == 403 && http_has(&r, "access-control-allow-origin: *"), "26: a foreign origin");
    is_int(serve_ask(&s, "POST", "/api/3/envelope/?sentry_key=" SERVE_KEY_PAGE,
                     "Origin: https://a.example\r\n", TEXT("{}"))
               .status,
           200, "26: an allowed one");
    is_int(serve_ask(&s, "POST", "/api/1/envelope/", SERVE_AUTH "Content-Type: multipart/x\r\n",
                     TEXT("{}"))
               .status,
           200, "27: any content type");
    r = serve_ask(
        &s, "POST", "/api/tunnel/", NULL,
        TEXT("{\"dsn\":\"https://" SERVE_KEY "@unknown/1\"}\n{\"type\":\"event\"}\n" EVENT));
    is_int(r.status, 200, "28: tunnel");
    r = serve_ask(&s, "POST", "/api/tunnel/", NULL,
                  TEXT("{\"dsn\":\"https://" SERVE_KEY "@unknown/2\"}\n"));
    is_int(r.status, 403, "28: tunnel to a project that is not the key's");
}

static struct text gzipped(struct text t)
{
    z_stream z = {0};
    char *out = arena_alloc(&s.arena, t.len + 1000);

    deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY);
    z.next_in = (Bytef *)t.at;
    z.avail_in = (uInt)t.len;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)t.len + 1000;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return (struct text){out, z.total_out};
}

static void encodings(void)
{
    struct text body = TEXT(HEADER "{\"type\":\"event\"}\n" EVENT), packed = gzipped(body);
    size_t huge = 200 << 20;
    char *zeros = calloc(1, huge);
    struct http r;

    serve_forget(&s);
    r = serve_ask(&s, "POST", "/api/1/envelope/", SERVE_AUTH "Content-Encoding: gzip\r\n", packed);
    ok(r.status == 200 && serve_count(&s, RECORD_EVENT) == 1, "29: gzip");
    is_int(serve_post(&s, "/api/1/envelope/", packed).status, 200, "29: gzip that nobody told of");
    is_int(
        serve_ask(&s, "POST", "/api/1/envelope/", SERVE_AUTH "Content-Encoding:\r\n", body).status,
        200, "29: an empty encoding");
    is_int(serve_ask(&s, "POST", "/api/1/envelope/", SERVE_AUTH "Content-Encoding: UTF-8\r\n", body)
               .status,
           200, "29: UTF-8");
    is_int(serve_ask(&s, "POST", "/api/1/envelope/", SERVE_AUTH "Content-Encoding: gzip\r\n",
                     text_cut(packed, 0, packed.len - 12))
               .status,
           400, "30: cut short");
    is_int(serve_ask(&s, "POST", "/api/1/envelope/", SERVE_AUTH "Content-Encoding: gzip\r\n", body)
               .status,
           400, "30: not gzip");
    is_int(serve_ask(&s, "POST", "/api/1/envelope/", SERVE_AUTH "Content-Encoding: foo\r\n", body)
               .status,
           415, "30: an unknown coding");
    packed = gzipped((struct text){zeros, huge});
    r = serve_ask(&s, "POST", "/api/1/envelope/", SERVE_AUTH "Content-Encoding: gzip\r\n", packed);
    is_int(r.status, 413, "31: a bomb");
    is_int(serve_ask(&s, "POST", "/api/1/envelope/", SERVE_AUTH "Content-Encoding: gzip\r\n",
                     gzipped(TEXT("")))
               .status,
           400, "31: gzip of nothing");
    free(zeros);
}

static void sizes(void)
{
    size_t big = (1 << 20) + 1;
    char *x = arena_alloc(&s.arena, big + 1);
    struct http r;

    memset(x, 'x', big);
    x[big] = '\0';
    r = envelope(arena_printf(&s.arena,
                              HEADER
                              "{\"type\":\"event\"}\n{\"message\":\"%s\"}\n"
                              "{\"type\":\"sessions\"}\n{\"aggregates\":[{\"started\":\"%s\","
                              "\"exited\":3}],\"attrs\":{\"release\":\"a@1\"}}",
                              x, "2026-01-01T00:00:00Z")
                     .at);
    is_int(r.status, 200, "33: an event that is too large beside sessions");
    is_int(serve_outcome(&s, OUTCOME_INVALID, "error", "too_large:event"), 1, "33: is counted");
    is_int(serve_count(&s, RECORD_EVENT), 0, "33: and not stored");
    r = envelope(arena_printf(&s.arena, HEADER "{\"type\":\"event\"}\n{\"message\":\"%s\"}", x).at);
    ok(r.status == 413 && contains(r.body, "size limits for type 'event'"), "33: alone it is 413");

    serve_forget(&s);
    r = serve_post(&s, "/api/1/envelope/",
                   arena_printf(&s.arena,
                                HEADER "{\"type\":\"event\"}\n" EVENT
                                       "\n{\"type\":\"attachment\",\"filename\":\"big.bin\"}\n%s",
                                x));
    is_int(r.status, 200, "69: an attachment that is too large for the ring");
    is_int(attachment_at(0).size, big, "69: has its size in the record");
    is_int(attachment_at(0).file.len, 32, "69: and the name of a file");
    if (attachment_at(0).file.len == 32) {
        char path[64];

        snprintf(path, sizeof path, "attachments/%.*s", TEXT_ARG(attachment_at(0).file));
        is_int(file_size(s.world.dir_fd, path), big, "69: which is there, whole");
    }
}

static void stores(void)
{
    struct http r;

    serve_forget(&s);
    r = serve_post(&s, "/api/1/store/", TEXT("eyJtZXNzYWdlIjoiaGVsbG8ifQ=="));
    ok(r.status == 200 && text_is(event_at(0).title, "hello"), "34: base64 of JSON");
    serve_forget(&s);
    r = serve_post(&s, "/api/1/store/", TEXT("eJyrVspNLS5OTE9VslLKSM3JyVeqBQBDwga0"));
    ok(r.status == 200 && text_is(event_at(0).title, "hello"), "34: base64 of zlib of JSON");
    serve_forget(&s);
    r = serve_ask(&s, "GET",
                  "/api/1/store/?sentry_key=" SERVE_KEY "&sentry_data=eyJtZXNzYWdlIjoiaGVsbG8ifQ==",
                  NULL, TEXT(""));
    ok(r.status == 200 && http_has(&r, "image/gif") && text_starts(r.body, "GIF89a"),
       "34: GET is answered with a pixel of %zu bytes", r.body.len);
    is_int(serve_count(&s, RECORD_EVENT), 1, "34: and stores the event");
    is_int(serve_post(&s, "/api/1/store/", TEXT("{\"event_id\":\"xyz\"}")).status, 400,
           "35: a bad event_id");
    serve_forget(&s);
    r = serve_post(&s, "/api/1/store/", TEXT("{\"type\":\"transaction\"}"));
    ok(r.status == 200 && serve_outcome(&s, OUTCOME_INVALID, "transaction", NULL) == 1,
       "35: it is taken as a transaction, 57: which wants a trace context");
    is_int(serve_ask(&s, "POST", "/api/store/", SERVE_AUTH, TEXT(EVENT)).status, 200,
           "store without a project takes the key's");
    is_int(serve_post(&s, "/api/1/store/", TEXT("{")).status, 400, "store: no JSON");
}

static void kinds(void)
{
    struct http r;

    r = envelope(
        "{}\n{\"type\":\"client_report\"}\n{\"discarded_events\":[{\"reason\":\"before_send\","
        "\"category\":\"error\",\"quantity\":7}]}");
    is_int(r.status, 200, "63: a client report");
    is_int(serve_outcome(&s, OUTCOME_CLIENT_DISCARD, "error", "before_send"), 7, "63: is counted");
    is_int(envelope("{}\n{\"type\":\"client_report\"}\n{}").status, 200, "63: an empty one");
    r = envelope("{}\n{\"type\":\"check_in\"}\n{\"monitor_slug\":\"a\",\"status\":\"ok\"}\n"
                 "{\"type\":\"profile_chunk\",\"meta_length\":2,\"length\":4}\n{}xx");
    is_int(serve_outcome(&s, OUTCOME_UNPROCESSED, "monitor", "check_in"), 1, "65: a check-in");
    r = envelope("{}\n{\"type\":\"check_in\"}\n{\"monitor_slug\":\"\",\"status\":\"ok\"}");
    ok(r.status == 200 && serve_outcome(&s, OUTCOME_INVALID, "monitor", NULL) == 1,
       "65: an empty slug is counted as invalid");
    r = envelope(
        "{}\n{\"type\":\"log\",\"item_count\":3,\"content_type\":\"application/"
        "vnd.sentry.items.log+json\"}\n{\"items\":[{\"timestamp\":1770458400,\"level\":\"info\","
        "\"body\":\"a\"},{},{\"timestamp\":1770458401,\"level\":\"warn\",\"body\":\"b\"}]}");
    is_int(serve_count(&s, RECORD_LOGS), 1, "61: logs are stored, but for a broken one");
    r = envelope("{}\n{\"type\":\"log\",\"item_count\":3}\n{\"items\":[{},{},{}]}");
    ok(r.status == 200 && serve_outcome(&s, OUTCOME_INVALID, "log_item", NULL) == 1,
       "61: without content_type they are dropped");
    r = envelope(HEADER
                 "{\"type\":\"transaction\"}\n{\"transaction\":\"/a\",\"start_timestamp\":"
                 "1770458400,\"timestamp\":1770458401,\"contexts\":{\"trace\":{\"trace_id\":"
                 "\"4c79f60c11214eb38604f4ae0781bfb2\",\"span_id\":\"fa90fdead5f74052\"}}}\n"
                 "{\"type\":\"span\",\"item_count\":1,\"content_type\":"
                 "\"application/vnd.sentry.items.span.v2+json\"}\n{\"items\":[{\"trace_id\":"
                 "\"4c79f60c11214eb38604f4ae0781bfb2\",\"span_id\":\"fa90fdead5f74053\",\"name\":"
                 "\"b\",\"start_timestamp\":1770458400,\"end_timestamp\":1770458401}]}\n"
                 "{\"type\":\"profile\"}\n{}\n{\"type\":\"attachment\"}\nabc");
    is_int(r.status, 200, "14: transaction, spans, profile, attachment");
    ok(serve_count(&s, RECORD_SPANS) >= 1, "14: transaction and spans");
    is_int(serve_outcome(&s, OUTCOME_UNPROCESSED, "profile", NULL), 1, "14: profile");
    is_int(serve_count(&s, RECORD_ATTACHMENT), 1, "14: attachment");
    r = envelope(HEADER
                 "{\"type\":\"user_report\"}\n{\"name\":\"N\",\"email\":\"e@x\",\"comments\":"
                 "\"C\"}");
    is_int(serve_count(&s, RECORD_FEEDBACK), 1, "a user report takes the envelope's id");
    r = envelope("{}\n{\"type\":\"feedback\"}\n{\"type\":\"feedback\",\"contexts\":{\"feedback\":"
                 "{\"message\":\"It broke\"}}}");
    ok(r.status == 200 && serve_count(&s, RECORD_FEEDBACK) == 1, "a feedback item");
    r = envelope("{}\n{\"type\":\"feedback\"}\n{\"contexts\":{\"feedback\":{\"message\":\"\"}}}");
    ok(serve_count(&s, RECORD_FEEDBACK) == 0, "without a message it is dropped");
    r = envelope(HEADER "{\"type\":\"attachment\",\"filename\":\"../../etc/passwd\","
                        "\"content_type\":\"text/html\"}\n");
    is_text(attachment_at(0).name, "passwd", "69: the base name only");
    r = envelope(HEADER "{\"type\":\"attachment\",\"attachment_type\":\"event.minidump\","
                        "\"length\":4}\nMDMP");
    ok(serve_count(&s, RECORD_EVENT) == 1 && serve_count(&s, RECORD_ATTACHMENT) == 1,
       "a crash dump without an event makes one");
}

static void rate_limits(void)
{
    struct http r;

    serve_forget(&s);
    r = serve_ask(&s, "POST", "/api/1/envelope/", SLOW_AUTH,
                  TEXT("{}\n{\"type\":\"event\"}\n" EVENT));
    is_int(r.status, 200, "66: the first event is within the limit");
    r = serve_ask(&s, "POST", "/api/1/envelope/", SLOW_AUTH,
                  TEXT(HEADER "{\"type\":\"event\"}\n" EVENT "\n{\"type\":\"attachment\"}\nx\n"
                              "{\"type\":\"sessions\"}\n{\"aggregates\":[{\"started\":"
                              "\"2026-01-01T00:00:00Z\",\"exited\":1}],\"attrs\":{\"release\":"
                              "\"a@1\"}}"));
    is_int(r.status, 200, "66: a limited event beside a session: 200");
    ok(http_has(&r, ":error;default;security:key:key_quota\r\n"), "66: with the header");
    is_int(serve_outcome(&s, OUTCOME_RATE_LIMITED, "error", "key_quota"), 1, "66: counted");
    is_int(serve_outcome(&s, OUTCOME_RATE_LIMITED, "attachment", "key_quota"), 1,
           "66: what belongs to the event is dropped with it");
    r = serve_ask(&s, "POST", "/api/1/envelope/", SLOW_AUTH,
                  TEXT("{}\n{\"type\":\"event\"}\n" EVENT));
    ok(r.status == 429 && http_has(&r, "retry-after: "), "66: the event alone: 429");
    r = serve_ask(&s, "POST", "/api/1/envelope/", SLOW_AUTH,
                  TEXT("{}\n{\"type\":\"client_report\"}\n{}"));
    is_int(r.status, 200, "63: a client report is never limited");
    r = serve_ask(&s, "POST", "/api/1/minidump/?sentry_key=" SERVE_KEY_SLOW,
                  "Content-Type: application/x-dmp\r\n", TEXT("MDMPxxxx"));
    is_int(r.status, 200, "68: a limited crash upload is answered with 200");
}

static void filters(void)
{
    const char *two = "X-Sentry-Auth: Sentry sentry_key=" SERVE_KEY_TWO "\r\n";
    struct http r;

    serve_forget(&s);
    r = serve_ask(
        &s, "POST", "/api/2/envelope/", two,
        TEXT(HEADER "{\"type\":\"event\"}\n{\"request\":{\"url\":\"http://localhost:3000/\"}}"));
    is_text(r.body, "{\"id\":\"" ID "\"}", "a filtered event is answered like any other");
    is_int(serve_count(&s, RECORD_EVENT), 0, "but not stored");
    is_int(serve_outcome(&s, OUTCOME_FILTERED, "default", "localhost"), 1, "and counted");
    r = serve_ask(&s, "POST", "/api/2/store/", two,
                  TEXT("{\"exception\":{\"type\":\"Error\",\"value\":\"ResizeObserver loop\"}}"));
    is_int(serve_outcome(&s, OUTCOME_FILTERED, "error", "error-message"), 1, "by a pattern");
}

static void security(void)
{
    const char *csp = "Content-Type: application/csp-report; charset=utf-8\r\n";
    const char *at = "/api/1/security/?sentry_key=" SERVE_KEY "&sentry_release=r1";
    struct http r;
    uint8_t hash[16];

    serve_forget(&s);
    r = serve_ask(
        &s, "POST", at, csp,
        TEXT("{\"csp-report\":{\"document-uri\":\"https://a.example/1\",\"violated-directive\":"
             "\"img-src https:\",\"blocked-uri\":\"https://evil.example/x.png\","
             "\"line-number\":\"12\"}}"));
    ok(r.status == 200 && r.body.len == 0, "67: Firefox's shape, with parameters and text numbers");
    is_int(serve_count(&s, RECORD_EVENT), 1, "67: stored");
    is_text(event_at(0).release, "r1", "67: release from the query");
    memcpy(hash, event_at(0).hashes[0], 16);
    r = serve_ask(&s, "POST", at, csp,
                  TEXT("{\"csp-report\":{\"document-uri\":\"https://a.example/other\","
                       "\"effective-directive\":\"img-src\",\"blocked-uri\":"
                       "\"https://evil.example/y.png\"}}"));
    ok(memcmp(hash, event_at(1).hashes[0], 16) == 0, "67: another page, the same group");
    serve_forget(&s);
    r = serve_ask(
        &s, "POST", at, "Content-Type: application/reports+json\r\n",
        TEXT("[{\"type\":\"csp-violation\",\"body\":{\"documentURL\":\"https://a.example/\","
             "\"effectiveDirective\":\"script-src\",\"blockedURL\":\"https://x.example/\"}},"
             "{\"type\":\"deprecation\",\"body\":{}},"
             "{\"type\":\"csp-violation\",\"body\":{\"documentURL\":\"https://a.example/\","
             "\"effectiveDirective\":\"img-src\",\"blockedURL\":\"https://x.example/\"}}]"));
    ok(r.status == 200 && serve_count(&s, RECORD_EVENT) == 2, "67: a list with another type in it");
    is_int(serve_ask(&s, "POST", at, csp, TEXT("{\"x\":1}")).status, 400, "67: no report");
    is_int(serve_ask(&s, "POST", at, "Content-Type: text/html\r\n", TEXT("{}")).status, 415,
           "67: another type");
    r = envelope("{}\n{\"type\":\"raw_security\"}\n{\"csp-report\":{\"document-uri\":"
                 "\"https://a.example/1\",\"effective-directive\":\"img-src\",\"blocked-uri\":"
                 "\"https://evil.example/\"}}");
    ok(r.status == 200 && serve_count(&s, RECORD_EVENT) == 1, "a raw_security item");
    r = serve_ask(&s, "POST", "/api/1/nel/?sentry_key=" SERVE_KEY,
                  "Content-Type: application/reports+json\r\n",
                  TEXT("[{\"type\":\"network-error\"}]"));
    is_int(r.status, 200, "network errors are counted");
}

#define PART(name, more, data) \
    "--b\r\nContent-Disposition: form-data; name=\"" name "\"" more "\r\n\r\n" data "\r\n"
#define DUMP "; filename=\"crash.dmp\""

static void crashes(void)
{
    const char *form = "Content-Type: multipart/form-data; boundary=b\r\n";
    const char *at = "/api/1/minidump/?sentry_key=" SERVE_KEY;
    struct http r;

    serve_forget(&s);
    r = serve_ask(&s, "POST", at, form,
                  TEXT(PART("upload_file_minidump", DUMP, "MDMPdata")
                           PART("sentry", "", "{\"release\":\"a@1\",\"event_id\":\"" ID "\"}")
                               PART("note", "; filename=\"n.txt\"", "text")
                                   PART("os", "", "linux") "--b--\r\n"));
    is_int(r.status, 200, "68: a crash upload");
    is_text(r.body, "d1f4a672-0b9e-4c53-876a-2be0591fc38d", "68: answered with the id, dashed");
    is_int(serve_count(&s, RECORD_EVENT), 1, "68: its event");
    is_text(event_at(0).release, "a@1", "68: with what the form says");
    is_int(event_at(0).level, 4, "68: is fatal");
    is_int(serve_count(&s, RECORD_ATTACHMENT), 2, "68: the dump and a file");
    r = serve_ask(&s, "POST", at, form, TEXT(PART("x", "", "y") "--b--\r\n"));
    ok(r.status == 400 && contains(r.body, "missing minidump"), "68: no dump");
    r = serve_ask(&s, "POST", at, form,
                  TEXT(PART("upload_file_minidump", DUMP, "nonsense") "--b--\r\n"));
    ok(r.status == 400 && contains(r.body, "invalid minidump"), "68: not a dump");
    r = serve_ask(&s, "POST", at, form,
                  TEXT(PART("upload_file_minidump", DUMP,
                            "--c\r\nContent-Disposition: form-data; "
                            "name=\"upload_file_minidump\"; filename=\"d\"\r\n\r\nMDMPnested\r\n"
                            "--c--\r\n") "--b--\r\n"));
    is_int(r.status, 200, "68: a dump in a body in the field");
    serve_forget(&s);
    r = serve_ask(&s, "POST", at, form,
                  TEXT(PART("upload_file_minidump", DUMP, "MDMPdata") PART(
                      "__sentry-event", "; filename=\"__sentry-event\"",
                      "\x82\xa7release\xa3r@9\xa8"
                      "event_id\xd9\x20" ID) PART("__sentry-breadcrumb2", "; filename=\"b2\"",
                                                  "\x82\xa9timestamp\x02\xa7message\xa6second")
                           PART("__sentry-breadcrumb1", "; filename=\"b1\"",
                                "\x82\xa9timestamp\x01\xa7message\xa5"
                                "first") PART("sentry[release]", "", "other") "--b--\r\n"));
    is_text(r.body, "d1f4a672-0b9e-4c53-876a-2be0591fc38d",
            "68: the native SDK's own event has the id");
    is_text(event_at(0).release, "r@9", "68: and the release, before the form's");
    ok(text_find(event_at(0).payload, TEXT("first")) <
           text_find(event_at(0).payload, TEXT("second")),
       "68: breadcrumbs in order of time");
    is_int(serve_count(&s, RECORD_ATTACHMENT), 1, "68: only the dump is kept as a file");
    serve_forget(&s);
    r = serve_ask(&s, "POST", "/api/1/unreal/" SERVE_KEY "/?UserID=u7", NULL, TEXT("whatever"));
    ok(r.status == 200 && serve_count(&s, RECORD_EVENT) == 1 &&
           serve_count(&s, RECORD_ATTACHMENT) == 1,
       "an Unreal crash is kept as it came");
    serve_forget(&s);
    r = serve_ask(&s, "POST", "/api/1/events/" ID "/attachments/",
                  "X-Sentry-Auth: Sentry sentry_key=" SERVE_KEY
                  "\r\nContent-Type: multipart/form-data; boundary=b\r\n",
                  TEXT(PART("a", "; filename=\"a.txt\"", "one") PART("f", "", "x")
                           PART("b", "; filename=\"b.txt\"", "two") "--b--\r\n"));
    ok(r.status == 201 && serve_count(&s, RECORD_ATTACHMENT) == 2, "files for an event");
    is_text(attachment_at(1).data, "two", "with their bytes");
}

static void people(void)
{
    const char *at =
        "/api/embed/error-page/?dsn=http://" SERVE_KEY "@h/1&eventId=" ID "&title=%3C/script%3E%22";
    const char *form = "Content-Type: application/x-www-form-urlencoded\r\n";
    struct http r;

    serve_forget(&s);
    r = serve_ask(&s, "GET", at, NULL, TEXT(""));
    ok(r.status == 200 && http_has(&r, "text/javascript"), "the dialog's script");
    ok(contains(r.body, "</script>\\\""), "with the title as data");
    r = serve_ask(&s, "POST", at, form, TEXT("name=Ann&email=a%40x.example&comments=It+broke"));
    ok(r.status == 200 && serve_count(&s, RECORD_FEEDBACK) == 1, "a filled-in form");
    r = serve_ask(&s, "POST", at, form, TEXT("name=&email=x&comments=y"));
    ok(r.status == 400 && contains(r.body, "\"name\"") && contains(r.body, "\"email\""),
       "a form with faults");
    r = serve_ask(&s, "GET", "/api/embed/error-page/?dsn=http://" SERVE_KEY "@h/1", NULL, TEXT(""));
    is_int(r.status, 400, "without eventId");
    r = serve_ask(&s, "GET", "/api/embed/error-page/?eventId=" ID "&dsn=x", NULL, TEXT(""));
    is_int(r.status, 404, "without dsn");
    r = serve_ask(
        &s, "POST", "/api/0/projects/default/one/user-feedback/",
        "Authorization: DSN http://" SERVE_KEY "@h/1\r\nContent-Type: application/json\r\n",
        TEXT("{\"event_id\":\"" ID "\",\"name\":\"n\",\"email\":\"e\",\"comments\":\"c\"}"));
    ok(r.status == 200 && serve_count(&s, RECORD_FEEDBACK) == 2, "the old address, with a DSN");
    r = serve_ask(&s, "POST", "/api/0/projects/default/two/user-feedback/",
                  "Authorization: DSN http://" SERVE_KEY
                  "@h/1\r\nContent-Type: application/json\r\n",
                  TEXT("{\"event_id\":\"" ID "\",\"comments\":\"c\"}"));
    is_int(r.status, 400, "of another project");
    serve_forget(&s);
    r = serve_ask(&s, "GET", "/api/1/cron/nightly/" SERVE_KEY "/?status=ok", NULL, TEXT(""));
    ok(r.status == 202 && serve_outcome(&s, OUTCOME_UNPROCESSED, "monitor", NULL) == 1,
       "a check-in by curl");
    is_int(serve_ask(&s, "GET", "/api/1/cron/nightly/" SERVE_KEY "/", NULL, TEXT("")).status, 400,
           "without status");
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    alarm(120);
    serve_start(&s);
    framing();
    identity();
    many_items();
    authentication();
    encodings();
    sizes();
    stores();
    kinds();
    rate_limits();
    filters();
    security();
    crashes();
    people();
    is_int(serve_stop(&s), 0, "the worker leaves");
    return done_testing();
}
