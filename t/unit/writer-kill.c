/* kill -9 at random moments, hundreds of times, while events, commands and reports stream in, segments
 * roll over, are sealed and repacked: afterwards everything that was put is there exactly once, and all
 * figures equal a recount. */
#include "t/lib/span_kit.h"

#define ROUNDS 250 /* as many as there is time for */
#define ROUNDS_LEAST 100
#define SECONDS 15
#define SLOTS 3

struct sent {
    uint64_t events, duplicates, outcomes, comments, reports, traces, logs, log_bundles;
    struct span_maker maker;
};

static uint64_t dice_state = 88172645463325252ULL;

static uint64_t dice(uint64_t sides)
{
    dice_state ^= dice_state << 13;
    dice_state ^= dice_state >> 7;
    dice_state ^= dice_state << 17;
    return dice_state % sides;
}

static void put_event(struct kit *k, uint64_t id)
{
    static const char *const releases[] = {"app@1.0.0", "app@1.1.0", "app@1.2.0"};
    struct record_tag tags[2] = {{.key = TEXT("shard")}, {.key = TEXT("node")}};
    struct record_event r = kit_event(id, (uint8_t)(1 + id % 20));
    char user[16], shard[16], node[16], payload[3000];

    memset(payload, 'x', sizeof(payload));
    for (size_t i = 0; i + 8 < sizeof(payload); i += 8) { /* as compressible as events are */
        uint64_t word = dice(50);

        memcpy(payload + i, &word, 8);
    }
    r.issue = (uint32_t)(1000 + id % 77); /* any proposal will do */
    r.release = text_of(releases[id % 3]);
    r.user = (struct text){user, (size_t)snprintf(user, sizeof(user), "id:%d", (int)(id % 13))};
    tags[0].value =
        (struct text){shard, (size_t)snprintf(shard, sizeof(shard), "s%d", (int)(id % 7))};
    tags[1].value =
        (struct text){node, (size_t)snprintf(node, sizeof(node), "n%d", (int)(id % 11))};
    r.tags = tags;
    r.tag_count = 2;
    r.payload = (struct text){payload, 200 + id % 2800};
    kit_put_event(k, (uint32_t)(id % SLOTS), &r);
}

static void put_outcome(struct kit *k, struct sent *sent)
{
    struct record_outcome o = {.project = 1,
                               .quantity = 1,
                               .time_ms = world_now_ms(),
                               .outcome = OUTCOME_CLIENT_DISCARD,
                               .category = TEXT("error"),
                               .reason = TEXT("sample_rate")};
    struct buf b;

    arena_reset(&k->arena);
    buf_init(&b, &k->arena, 256, RECORD_MAX);
    record_outcome_write(&b, &o);
    kit_put(k, (uint32_t)dice(SLOTS), RECORD_OUTCOMES, buf_result(&b));
    sent->outcomes++;
}

static void put_report(struct kit *k, struct sent *sent)
{
    struct record_feedback f = {
        .project = 1, .received_ms = world_now_ms(), .comments = TEXT("hm")};
    struct buf b;

    memcpy(f.id, &sent->reports, 8);
    f.id[15] = 9;
    arena_reset(&k->arena);
    buf_init(&b, &k->arena, 256, RECORD_MAX);
    record_feedback_write(&b, &f);
    kit_put(k, (uint32_t)dice(SLOTS), RECORD_FEEDBACK, buf_result(&b));
    sent->reports++;
}

static void put_comment(struct kit *k, struct sent *sent)
{
    struct record_command c = {
        .id = sent->comments, .time_ms = world_now_ms(), .name = TEXT("comment.add")};
    struct buf b;

    arena_reset(&k->arena);
    c.args = arena_printf(&k->arena, "{\"issue\":1001,\"text\":\"c%llu\"}",
                          (unsigned long long)sent->comments++);
    buf_init(&b, &k->arena, 256, COMMAND_MAX);
    record_command_write(&b, &c);
    kit_put(k, (uint32_t)dice(SLOTS), RECORD_COMMAND, buf_result(&b));
}

static void put_traces(struct kit *k, struct sent *sent)
{
    uint32_t traces = 1 + (uint32_t)dice(9);

    sent->traces += kit_put_traces(k, &sent->maker, traces) / 8;
}

static void put_logs(struct kit *k, struct sent *sent)
{
    uint32_t logs = 1 + (uint32_t)dice(40);

    kit_put_logs(k, &sent->maker, logs);
    sent->logs += logs;
    sent->log_bundles++;
}

static void put_something(struct kit *k, struct sent *sent)
{
    uint64_t what = dice(100);

    if (what < 3) {
        put_outcome(k, sent);
    } else if (what < 4) {
        put_comment(k, sent);
    } else if (what < 6) {
        put_report(k, sent);
    } else if (what < 8) {
        put_traces(k, sent);
    } else if (what < 10) {
        put_logs(k, sent);
    } else if (what < 14 && sent->events > 50) { /* an SDK sends one again */
        put_event(k, 1 + sent->events - dice(50));
        sent->duplicates++;
    } else {
        put_event(k, ++sent->events);
    }
}

/* Is there room for a burst in every ring? Nobody drains them when the writer is dead. */
static bool roomy(struct kit *k)
{
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        if (k->world.ring[slot] && ring_room(k->world.ring[slot]) < (256 << 10))
            return false;
    return true;
}

static int64_t now_ms(void)
{
    return world_ticks_us() / 1000;
}

/* The issue that comments speak of, 1001, is that of the first event. */
static void begin(struct kit *k, struct sent *sent)
{
    ok(kit_start(k), "a first writer");
    put_event(k, ++sent->events);
    ok(kit_counted(k), "makes the first issue");
    is_int(kit_stop(k), 0, "and leaves in order");
}

static int torment(struct kit *k, struct sent *sent)
{
    int64_t until = now_ms() + SECONDS * 1000;
    int rounds = 0, bad = 0;

    for (; rounds < ROUNDS_LEAST || (rounds < ROUNDS && now_ms() < until); rounds++) {
        int burst = (int)dice(300);

        k->conf.durability_power = rounds % 2;
        if (!kit_start(k)) {
            bad++;
            kit_reap(k);
            continue;
        }
        for (int i = 0; i < burst; i++)
            put_something(k, sent);
        kit_sleep_us((long)dice(rounds % 10 ? 6000 : 60000));
        kit_kill(k);
        /* Workers outlive the writer; one whose ring is full answers 429 instead. */
        for (uint64_t i = roomy(k) ? dice(30) : 0; i > 0; i--)
            put_something(k, sent);
    }
    is_int(bad, 0, "each of %d writers came up", rounds);
    return rounds;
}

static int64_t distinct(struct kit *k)
{
    return kit_sum(k, "SELECT count(DISTINCT id) FROM event");
}

/* Events per issue in the segments against the catalogue's figure, issue by issue. */
static int wrong_issues(struct kit *k)
{
    int wrong = 0;
    char sql[128];

    for (int h = 1; h <= 20; h++) {
        int64_t issue, counted, stored;

        snprintf(sql, sizeof(sql),
                 "SELECT issue_id FROM hash WHERE substr(hex(hash), 1, 2) = '%02X'", h);
        issue = kit_number(k, sql);
        snprintf(sql, sizeof(sql), "SELECT events FROM issue WHERE id = %lld", (long long)issue);
        counted = kit_number(k, sql);
        snprintf(sql, sizeof(sql), "SELECT count(*) FROM event WHERE issue_id = %lld",
                 (long long)issue);
        stored = kit_sum(k, sql);
        if (counted != stored)
            note("issue %lld: %lld counted, %lld stored", (long long)issue, (long long)counted,
                 (long long)stored);
        wrong += counted != stored;
    }
    return wrong;
}

static void settle(struct kit *k)
{
    k->conf.durability_power = true;
    ok(kit_start(k), "a last writer");
    ok(kit_counted(k), "takes what is left");
    is_int(kit_stop(k), 0, "and leaves in order");
}

static void compare(struct kit *k, const struct sent *sent)
{
    int64_t events = kit_sum(k, "SELECT count(*) FROM event");

    note("%llu events, %llu sent twice, %llu reports, %llu comments, %lld segments",
         (unsigned long long)sent->events, (unsigned long long)sent->duplicates,
         (unsigned long long)sent->reports, (unsigned long long)sent->comments,
         (long long)kit_number(k, "SELECT count(*) FROM segment"));
    is_int(events, sent->events, "each event is stored once");
    is_int(distinct(k), sent->events, "under its own id");
    is_int(wrong_issues(k), 0, "each issue counts its events");
    is_int(kit_number(k, "SELECT count(*) FROM issue"), 20, "one issue per hash");
    is_int(kit_number(k, "SELECT count(DISTINCT short) FROM issue"), 20,
           "with short ids of their own");
    is_int(kit_number(k, "SELECT sum(events) FROM issue_hour"), events, "hours");
    is_int(kit_number(k, "SELECT sum(events) FROM issue_day"), events, "days");
    is_int(kit_number(k, "SELECT sum(events) FROM project_hour"), events, "the project's hours");
    is_int(kit_number(k, "SELECT sum(events) FROM issue_tag WHERE key = 'shard'"), events,
           "tag values");
    is_int(kit_number(k, "SELECT sum(events) FROM issue_tag_key"), 2 * events, "tag keys");
    is_int(kit_number(k, "SELECT sum(events) FROM project_tag WHERE key = 'node'"), events,
           "the project's tags");
    is_int(kit_number(k, "SELECT sum(events) FROM issue_release"), events, "issues by release");
    is_int(kit_number(k, "SELECT sum(events) FROM release_project"), events, "releases");
    is_int(kit_number(k, "SELECT sum(new_issues) FROM release_project"), 20,
           "new issues by release");
    is_int(kit_number(k, "SELECT sum(events) FROM environment"), events, "environments");
    is_int(kit_number(k, "SELECT min(users) * 100 + max(users) FROM issue"), 1313,
           "thirteen users each");
    is_int(
        kit_number(k, "SELECT sum(quantity) FROM outcome WHERE outcome = 0 AND category = 'error'"),
        events, "accepted");
    is_int(kit_number(k, "SELECT sum(quantity) FROM outcome WHERE outcome = 6"), sent->duplicates,
           "duplicates");
    is_int(kit_number(k, "SELECT sum(quantity) FROM outcome WHERE reason = 'sample_rate'"),
           sent->outcomes, "client reports");
    is_int(kit_number(k, "SELECT count(*) FROM feedback"), sent->reports, "feedback");
    is_int(kit_number(k, "SELECT count(*) FROM activity WHERE type = 'first_seen'"), 20,
           "beginnings");
}

static void compare_spans(struct kit *k, const struct sent *sent)
{
    int64_t spans = 8 * (int64_t)sent->traces;

    is_int(kit_sum(k, "SELECT count(*) FROM entry"), sent->traces, "each trace is entered once");
    is_int(kit_sum(k, "SELECT count(*) FROM entry WHERE operation_id NOT IN (SELECT id FROM "
                      "operation)"),
           0, "under an operation");
    is_int(kit_sum(k, "SELECT count(*) FROM block WHERE kind IN (6, 7)"),
           kit_sum(k, "SELECT count(*) FROM mark"), "each block is marked");
    is_int(kit_number(k, SPANS_COUNTED("red_minute")), spans, "minutes");
    is_int(kit_number(k, SPANS_COUNTED("red_hour")), spans, "hours of spans");
    is_int(kit_number(k, SPANS_COUNTED("red_quarter")), spans, "quarters of days");
    is_int(kit_number(k, "SELECT sum(calls) FROM red_minute WHERE operation_id IN "
                         "(SELECT id FROM operation WHERE entry = 2)"),
           sent->traces, "units of work per service");
    is_int(kit_number(k, "SELECT sum(quantity) FROM outcome WHERE category = 'span'"), spans,
           "spans accepted");
    is_int(kit_number(k, "SELECT count(*) - count(DISTINCT service_id || name || kind || entry) "
                         "FROM operation"),
           0, "no operation twice");
}

static void compare_logs(struct kit *k, const struct sent *sent)
{
    is_int(kit_sum(k, "SELECT coalesce(sum(records), 0) FROM block WHERE kind = 7"),
           sent->log_bundles, "each bundle of log records is stored once");
    is_int(kit_number(k, "SELECT sum(records) FROM log_minute"), sent->logs,
           "log records per minute");
    is_int(kit_number(k, "SELECT sum(records) FROM log_hour"), sent->logs, "per hour");
    is_int(kit_number(k, "SELECT sum(records) FROM log_quarter"), sent->logs, "per quarter");
    is_int(kit_number(k, "SELECT sum(quantity) FROM outcome WHERE category = 'log_item'"),
           sent->logs, "accepted");
}

static void compare_comments(struct kit *k, const struct sent *sent)
{
    int64_t notes = kit_number(k, "SELECT count(*) FROM activity WHERE type = 'note'");

    is_int(notes, sent->comments, "every command took effect");
    is_int(kit_number(k, "SELECT count(DISTINCT data) FROM activity WHERE type = 'note'"), notes,
           "none did twice");
    is_int(kit_number(k, "SELECT coalesce(sum(comments), 0) FROM issue"), notes,
           "and all of one is there");
}

static void compare_again(struct kit *k)
{
    int64_t events = kit_number(k, "SELECT sum(events) FROM issue");

    ok(kit_start(k), "once more");
    is_int(kit_stop(k), 0, "up and down");
    is_int(kit_number(k, "SELECT sum(events) FROM issue"), events, "counts nothing again");
}

int main(void)
{
    struct sent sent = {.maker = {.seed = 1, .services = 7}};
    struct kit k;

    kit_open(&k, "/tmp");
    sent.maker.now_ns = (uint64_t)world_now_ms() * 1000000;
    k.conf.segment_rows = 2000;
    k.conf.seal_idle_s = 0;
    log_set_level(LOG_LEVEL_ERROR);
    begin(&k, &sent);
    torment(&k, &sent);
    settle(&k);
    compare(&k, &sent);
    compare_spans(&k, &sent);
    compare_logs(&k, &sent);
    compare_comments(&k, &sent);
    compare_again(&k);
    kit_close(&k);
    return done_testing();
}
