/* Security reports, and the events they become. */
#include "proto/security.h"
#include "t/lib/event.h"

static struct security_reports reports;

static enum security_rc receive(const char *json)
{
    struct security_request q = {.user_agent = TEXT("Mozilla/5.0 Firefox/140.0"),
                                 .release = TEXT("1.0"),
                                 .environment = TEXT("prod"),
                                 .client_ip = TEXT("203.0.113.9")};

    if (!test_arena.budget)
        arena_init(&test_arena, REQUEST_ARENA_MAX);
    arena_reset(&test_arena);
    return security_read(text_of(json), &q, &test_arena, &reports);
}

static struct event *received(const char *json)
{
    static struct event e;

    test_context.received_us = RECEIVED_US;
    if (receive(json) != SECURITY_OK || !reports.count ||
        event_from_tree(reports.roots[0], &test_context, &test_arena, &e) != EVENT_OK ||
        event_fill(&e, &test_arena) != EVENT_OK)
        note("not taken: %s", json);
    return &e;
}

static void shapes(void)
{
    const struct event *e = received("{\"csp-report\":{\"document-uri\":\"https://shop.example/"
                                     "a?b=c\",\"referrer\":\"https://r.example/\","
                                     "\"blocked-uri\":\"https://evil.example:8443/"
                                     "x.js?y\",\"violated-directive\":\"script-src 'self'\","
                                     "\"original-policy\":\"p\",\"line-number\":\"12\",\"status-"
                                     "code\":200,\"source-file\":{\"a\":1}}}");

    is_int(e->type, EVENT_CSP, "§10.67 Firefox: violated-directive only");
    is_text(e->security.directive, "script-src", "its first word");
    is_text(e->security.host, "evil.example:8443", "host with port");
    is_text(e->security.message, "Blocked 'script' from 'evil.example:8443'", "message");
    is_str(json_at(e, "csp.line_number"), "\"12\"", "§10.67 line-number \"12\"");
    is_str(json_at(e, "csp.source_file"), "\"{\\\"a\\\":1}\"", "unexpected types become text");
    is_text(e->logger, "csp", "logger");
    is_text(e->request_url, "https://shop.example/a", "request.url");
    is_str(json_at(e, "request.headers"),
           "[[\"User-Agent\",\"Mozilla/5.0 Firefox/140.0\"],[\"Referer\",\"https://r.example/\"]]",
           "headers");
    is_text(e->user_ip, "203.0.113.9", "the sender is the user");
    is_str(tag_of(e, "effective-directive"), "script-src", "tag effective-directive");
    is_str(tag_of(e, "blocked-uri"), "https://evil.example:8443/x.js?y", "tag blocked-uri");
    is_text(e->release, "1.0", "release of the query");
    is_text(e->environment, "prod", "environment of the query");
    is_int(receive("[{\"type\":\"csp-violation\",\"user_agent\":\"UA\",\"body\":{\"documentURL\":"
                   "\"https://a/\","
                   "\"blockedURL\":\"inline\",\"effectiveDirective\":\"style-src-elem\"}},"
                   "{\"type\":\"deprecation\",\"body\":{}},"
                   "{\"type\":\"csp-violation\",\"body\":{\"effectiveDirective\":\"img-src\"}}]"),
           SECURITY_OK, "§10.67 a Reporting API list");
    is_int(reports.count, 2, "§10.67 ... of three with one of another type");
    is_int(receive("[{\"type\":\"deprecation\",\"body\":{}}]"), SECURITY_OK,
           "nothing but other types");
    is_int(reports.count, 0, "... is no event");
    is_int(receive("{\"csp_report\":{\"effective_directive\":\"img-src\"}}"), SECURITY_OK,
           "snake case");
    is_int(receive("{\"cspReport\":{\"effectiveDirective\":\"img-src\"}}"), SECURITY_OK,
           "camel case");
    is_int(receive("{\"a\":1}"), SECURITY_NO_REPORT, "§10.67 csp-report is missing");
    is_int(receive("{\"csp-report\":{\"effective-directive\":\"nope-src\"}}"), SECURITY_NO_REPORT,
           "an unknown directive");
    is_int(receive("{"), SECURITY_NOT_JSON, "no JSON");
    is_int(receive("[]"), SECURITY_NO_REPORT, "an empty list");
    is_int(receive("7"), SECURITY_NO_REPORT, "a number");
    ok(security_type_ok(TEXT("application/csp-report; charset=utf-8")),
       "§10.67 parameters of the type are ignored");
    ok(!security_type_ok(TEXT("text/html")), "§10.67 a wrong type");
}

static const char *message(const char *directive, const char *blocked)
{
    static char json[512];

    snprintf(json, sizeof json,
             "{\"csp-report\":{\"effective-directive\":\"%s\",\"blocked-uri\":\"%s\"}}", directive,
             blocked);
    return arena_dup(&test_arena, received(json)->security.message.at,
                     received(json)->security.message.len);
}

static void messages(void)
{
    is_str(message("img-src", "https://h.example/x.png"), "Blocked 'image' from 'h.example'",
           "an image");
    is_str(message("img-src", "data"), "Blocked 'image' from 'data:'", "a bare scheme");
    is_str(message("connect-src", "wss://h.example:1/x"),
           "Blocked 'connect' from 'wss://h.example:1'", "another scheme");
    is_str(message("connect-src", "blob:https"), "Blocked 'connect' from 'blob:'",
           "a scheme without host");
    is_str(message("style-src", ""), "Blocked inline 'style'", "no blocked URI is self");
    is_str(message("style-src", "self"), "Blocked inline 'style'", "self");
    is_str(message("script-src", "inline"), "Blocked unsafe inline 'script'", "inline script");
    is_str(message("script-src", "eval"), "Blocked unsafe eval() 'script'", "eval");
    is_str(message("script-src", "self"), "Blocked unsafe (eval() or inline) 'script'",
           "script, self");
}

static void others(void)
{
    const struct event *e =
        received("{\"expect-ct-report\":{\"date-time\":\"2026-03-01T10:00:00Z\","
                 "\"hostname\":\"h.example\",\"port\":443,\"scts\":[{\"version\":1}]}}");

    is_int(e->type, EVENT_EXPECTCT, "Expect-CT");
    is_text(e->security.message, "Expect-CT failed for 'h.example'", "its message");
    is_text(e->security.host, "h.example", "its host");
    is_str(tag_of(e, "port"), "443", "its port");
    is_int(received("{\"expect-staple-report\":{\"hostname\":\"h\"}}")->type, EVENT_EXPECTSTAPLE,
           "Expect-Staple");
    is_int(received("{\"hostname\":\"h\",\"known-pins\":[\"p\"],\"noted-hostname\":\"n\"}")->type,
           EVENT_HPKP, "HPKP");
    is_int(receive("{\"expect-ct-report\":{\"port\":1}}"), SECURITY_NO_REPORT, "no hostname");
    ok(security_is_noise(
           received("{\"csp-report\":{\"effective-directive\":\"img-src\",\"blocked-uri\":"
                    "\"chrome-extension://x/y\"}}")),
       "extensions are noise");
    ok(!security_is_noise(
           received("{\"csp-report\":{\"effective-directive\":\"img-src\",\"blocked-uri\":"
                    "\"https://x/y\"}}")),
       "other sites are not");
}

int main(void)
{
    shapes();
    messages();
    others();
    arena_free(&test_arena);
    return done_testing();
}
