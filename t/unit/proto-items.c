/* The small items: client reports, sessions, check-ins, feedback. */
#include "proto/check_in.h"
#include "proto/client_report.h"
#include "proto/feedback.h"
#include "proto/session.h"
#include "t/lib/event.h"

static struct arena arena;

static void client_reports(void)
{
    struct client_report r;

    ok(client_report_read(TEXT("{}"), 1000, &arena, &r) && r.count == 0, "§10.63 {} is valid");
    ok(client_report_read(
           TEXT("{\"timestamp\":\"2026-03-01T10:00:00Z\",\"discarded_events\":[{\"reason\":"
                "\"brand_new\",\"category\":\"transaction\",\"quantity\":12},{\"reason\":\"x\"},"
                "{\"category\":\"error\",\"quantity\":-1},null,7],\"filtered_events\":[{"
                "\"category\":\"error\",\"quantity\":1}],\"rate_limited_events\":[{\"reason\":"
                "\"r\",\"category\":\"span\",\"quantity\":\"3\"}]}"),
           1772360000000, &arena, &r),
       "a full one");
    is_int(r.count, 3, "§10.63 what makes no sense is skipped");
    is_text(r.outcomes[0].reason, "brand_new", "§10.63 an unknown reason is text");
    is_int(r.outcomes[0].outcome, OUTCOME_CLIENT_DISCARD, "discarded");
    is_int(r.outcomes[0].quantity, 12, "quantity");
    is_int(r.outcomes[0].time_ms, 1772359200000, "timestamp");
    is_int(r.outcomes[1].outcome, OUTCOME_RATE_LIMITED, "rate limited");
    is_int(r.outcomes[2].outcome, OUTCOME_FILTERED, "filtered");
    ok(client_report_read(
           TEXT("{\"timestamp\":\"2026-01-01T10:00:00Z\",\"discarded_events\":[{\"reason\":\"r\","
                "\"category\":\"error\",\"quantity\":1}]}"),
           1772360000000, &arena, &r),
       "an old one");
    is_int(r.outcomes[0].time_ms, 1772360000000, "counts at its receipt");
    ok(!client_report_read(TEXT("[]"), 0, &arena, &r), "a list is no report");
    ok(!client_report_read(TEXT("x"), 0, &arena, &r), "text neither");
}

#define ATTRS "\"attrs\":{\"release\":\"app@1\"}"

static const char *session(const char *json, uint64_t *begun)
{
    struct session_count c = session_read(text_of(json), TEXT_NONE, RECEIVED_US, &arena);

    if (begun)
        *begun = c.sessions;
    return c.reason ? c.reason : c.updates == 1 && !c.invalid ? "ok" : "confused";
}

static void sessions(void)
{
    struct session_count c;
    uint64_t begun;

    is_str(session("{\"sid\":\"3f1d2a9e-6b74-4c08-9e51-d0a7c2b85f13\",\"init\":true,\"started\":"
                   "\"2026-03-01T09:59:00Z\"," ATTRS "}",
                   &begun),
           "ok", "a first update");
    is_int(begun, 1, "... begins a session");
    is_str(session("{\"started\":\"2026-03-01T09:59:00Z\"," ATTRS "}", &begun), "ok",
           "§10.64 init missing");
    is_int(begun, 0, "... begins none");
    is_str(session("{\"seq\":18446744073709551615,\"started\":\"2026-03-01T09:59:00Z\"," ATTRS "}",
                   NULL),
           "sequence", "§10.64 seq at its maximum");
    is_str(session("{\"status\":\"weird\",\"started\":\"2026-03-01T09:59:00Z\"," ATTRS "}", NULL),
           "status", "§10.64 status weird");
    is_str(session("{\"started\":\"2026-02-23T09:59:00Z\"," ATTRS "}", NULL), "timestamp",
           "§10.64 six days old");
    is_str(session("{\"started\":\"2026-03-01T10:02:00Z\"," ATTRS "}", NULL), "timestamp",
           "in the future");
    is_str(session(
               "{\"started\":\"2026-03-01T09:59:00Z\",\"timestamp\":\"2026-03-01T09:00:00Z\"," ATTRS
               "}",
               NULL),
           "ok", "§10.64 timestamp before started");
    is_str(session("{" ATTRS "}", NULL), "timestamp", "started is required");
    is_str(session("{\"started\":\"2026-03-01T09:59:00Z\"}", NULL), "release", "so is the release");
    is_str(session("7", NULL), "invalid_json", "a number");
    c = session_read(TEXT("{\"started\":\"2026-02-20T08:00:00Z\"," ATTRS "}"),
                     TEXT("2026-02-20T08:00:01Z"), RECEIVED_US, &arena);
    ok(!c.reason, "a wrong clock is corrected by sent_at");
    c = sessions_read(
        TEXT("{\"aggregates\":[{\"started\":\"2026-03-01T09:59:00Z\",\"exited\":5,\"crashed\":1},"
             "{\"started\":\"2026-03-01T09:58:00Z\"},{\"exited\":3}]," ATTRS "}"),
        TEXT_NONE, RECEIVED_US, &arena);
    is_int(c.sessions, 6, "§10.64 aggregates: missing counts are 0");
    is_int(c.updates, 2, "... rows");
    is_int(c.invalid, 1, "... and an invalid one");
}

static void check_ins(void)
{
    struct check_in c;

    ok(!check_in_read(TEXT("{\"check_in_id\":\"0c5e71d9b2a84f36a1e9d47f8b603c25\",\"monitor_slug\":"
                           "\"Backup DB\","
                           "\"status\":\"in_progress\",\"duration\":null}"),
                      &arena, &c),
       "a check-in");
    is_text(c.slug, "backup-db", "its slug");
    ok(c.has_id && !c.latest && c.duration_s == -1, "§10.65 null duration");
    is_int(c.status, CHECK_IN_IN_PROGRESS, "its status");
    is_text(c.environment, "production", "its environment");
    ok(!check_in_read(TEXT("{\"check_in_id\":\"00000000000000000000000000000000\",\"monitor_slug\":"
                           "\"a\",\"status\":"
                           "\"ok\"}"),
                      &arena, &c) &&
           c.latest && !c.has_id,
       "§10.65 a nil UUID closes the open one");
    is_str(check_in_read(TEXT("{\"monitor_slug\":\"\"}"), &arena, &c), "empty_slug",
           "§10.65 an empty slug");
    ok(!check_in_read(TEXT("{\"monitor_slug\":\"a\",\"status\":\"missed\"}"), &arena, &c) &&
           c.status == CHECK_IN_UNKNOWN,
       "§10.65 missed is not for clients to say");
    ok(!check_in_read(TEXT("{\"monitor_slug\":\"a\",\"monitor_config\":{\"schedule\":{\"type\":"
                           "\"crontab\",\"value\":"
                           "\"* *\"}}}"),
                      &arena, &c) &&
           c.config_invalid && !c.config,
       "§10.65 an invalid config keeps the check-in");
    ok(!check_in_read(TEXT("{\"monitor_slug\":\"a\",\"monitor_config\":{\"schedule\":{\"type\":"
                           "\"crontab\",\"value\":"
                           "\"0 * * * *\"}}}"),
                      &arena, &c) &&
           c.config,
       "a crontab");
    ok(!check_in_read(TEXT("{\"monitor_slug\":\"a\",\"monitor_config\":{\"schedule\":{\"type\":"
                           "\"interval\",\"value\":2,"
                           "\"unit\":\"hour\"}}}"),
                      &arena, &c) &&
           c.config,
       "an interval");
    is_str(check_in_read(TEXT("{\"monitor_slug\":\"a\",\"check_in_id\":\"x\"}"), &arena, &c),
           "invalid_check_in_id", "a bad id");
}

static void feedback(void)
{
    struct record_feedback f;

    ok(!feedback_read_report(
           TEXT("{\"event_id\":\"D1F4A672-0B9E-4C53-876A-2BE0591FC38D\",\"name\":\" Ann \","
                "\"email\":\"\",\"comments\":\"it broke\"}"),
           &arena, &f),
       "a user report");
    is_int(f.event_id[0], 0xd1, "of an event");
    is_text(f.name, "Ann", "name");
    is_text(f.comments, "it broke", "comments");
    is_str(feedback_read_report(TEXT("{\"name\":\"x\"}"), &arena, &f), "missing_event_id",
           "of no event");
    ok(!feedback_of_event(
           take(
               "{\"type\":\"feedback\",\"event_id\":\"d1f4a6720b9e4c53876a2be0591fc38d\","
               "\"contexts\":{\"feedback\":{\"message\":\"bad\",\"contact_email\":\"a@b.c\","
               "\"associated_event_id\":\"00000000-0000-0000-0000-0000000000AB\",\"url\":\"u\"}}}"),
           &arena, &f),
       "a feedback event");
    is_text(f.comments, "bad", "message");
    is_text(f.email, "a@b.c", "address");
    is_int(f.event_id[15], 0xab, "associated event");
    is_int(f.id[0], 0xd1, "its own id");
    is_str(feedback_of_event(
               take("{\"type\":\"feedback\",\"contexts\":{\"feedback\":{\"message\":\" \"}}}"),
               &arena, &f),
           "empty_message", "nothing said");
    is_str(feedback_of_event(take("{\"type\":\"feedback\"}"), &arena, &f),
           "missing_feedback_context", "no context");
}

int main(void)
{
    arena_init(&arena, 16 * MIB);
    client_reports();
    sessions();
    check_ins();
    feedback();
    arena_free(&arena);
    arena_free(&test_arena);
    return done_testing();
}
