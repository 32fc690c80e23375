/* The way of an event through the writer: stored once, in one issue, counted. */
#include "t/lib/writer_kit.h"

static void test_first_start(struct kit *k)
{
    struct stat st;
    char path[128];

    ok(kit_start(k), "an empty folder becomes a data folder");
    is_int(kit_number(k, "SELECT count(*) FROM org WHERE slug = 'default'"), 1, "an organisation");
    is_int(kit_number(k, "SELECT count(*) FROM project WHERE id = 1 AND slug = 'default'"), 1,
           "project 1");
    is_int(kit_number(k, "SELECT count(*) FROM key"), 1, "with a key");
    is_int(kit_number(
               k, "SELECT count(*) FROM user WHERE role = 'owner' AND password LIKE '$argon2id$%'"),
           1, "an owner with a hashed password");
    is_int(kit_number(k, "SELECT length(hash) FROM token"), 32, "a token, as its digest");
    snprintf(path, sizeof(path), "%s/bootstrap.json", k->dir);
    ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "bootstrap.json, for the owner's eyes");
    is_int(registry_version(k->world.registry) > 0, 1, "the registry is published");
}

static void test_event(struct kit *k)
{
    struct record_event r = kit_event(1, 0x11);
    uint64_t seq = 0;

    r.release = TEXT("shop@1.0.0");
    r.user = TEXT("id:9");
    r.flags = RECORD_EVENT_UNHANDLED;
    kit_put_event(k, 0, &r);
    ok(kit_settled(k), "one event is durable at once");
    ok(kit_counted(k), "and counted");
    is_int(kit_sum(k, "SELECT count(*) FROM event"), 1, "one row");
    is_int(kit_number(k,
                      "SELECT count(*) FROM issue WHERE events = 1 AND short = 1 AND users = 1 AND "
                      "unhandled = 1 AND status = 1 AND substatus = 'new' AND priority = 'high'"),
           1, "one issue with its figures");
    is_str(kit_string(k, "SELECT title FROM issue"), "ValueError: no", "its title");
    is_int(kit_number(k, "SELECT count(*) FROM release WHERE version = 'shop@1.0.0'"), 1,
           "a release came");
    is_int(kit_number(k, "SELECT new_issues FROM release_project"), 1, "with a new issue");
    is_int(kit_number(k, "SELECT events FROM environment WHERE name = 'production'"), 1,
           "an environment");
    is_int(kit_number(k, "SELECT count(*) FROM issue_tag WHERE events = 1"), 3, "three tags");
    is_int(kit_number(k, "SELECT sum(events) FROM issue_hour"), 1, "an hour");
    is_int(kit_number(k, "SELECT quantity FROM outcome WHERE outcome = 0 AND category = 'error'"),
           1, "accepted");
    is_int(kit_number(k, "SELECT count(*) FROM activity WHERE type = 'first_seen'"), 1,
           "its history begins");
    is_int(kit_number(k, "SELECT first_event_ms IS NOT NULL FROM project WHERE id = 1"), 1,
           "the project has had an event");
    ok(recent_find(k->world.recent, 1, r.id, &seq) && seq == 1, "its id is found");

    kit_put_event(k, 1, &r);
    kit_put_event(k, 0, &r);
    ok(kit_counted(k) && kit_settled(k), "sent again, twice");
    is_int(kit_sum(k, "SELECT count(*) FROM event"), 1, "it is one event");
    is_int(kit_wait(k, "SELECT coalesce(sum(quantity), 0) FROM outcome WHERE outcome = 6", 2, 5), 2,
           "and two duplicates");
}

static void test_same_error(struct kit *k)
{
    struct record_event a = kit_event(10, 0x22), b = kit_event(11, 0x22);

    /* Two workers met a new error at once and proposed different numbers. */
    a.issue = 50;
    b.issue = 51;
    kit_put_event(k, 0, &a);
    kit_put_event(k, 1, &b);
    ok(kit_counted(k), "two proposals for one hash");
    is_int(kit_number(k, "SELECT events FROM issue WHERE id IN (50, 51)"), 2, "end in one issue");
    is_int(kit_number(k, "SELECT count(*) FROM issue"), 2, "and no other came of it");
}

static void test_hashes(struct kit *k)
{
    struct record_event a = kit_event(20, 0x31), b = kit_event(21, 0x41), c = kit_event(22, 0x51);
    uint32_t issue = 0, other = 0;

    a.hash_count = 2;
    memset(a.hashes[1], 0x32, 16);
    kit_put_event(k, 0, &a); /* 31, 32 */
    b.hash_count = 4;
    memset(b.hashes[1], 0x32, 16);
    memset(b.hashes[2], 0x11, 16); /* of the first test's issue */
    memset(b.hashes[3], 0x43, 16);
    kit_put_event(k, 0, &b); /* new 41, known 32, elsewhere 11, new 43 */
    c.hash_count = 2;
    memset(c.hashes[1], 0x43, 16);
    kit_put_event(k, 0, &c); /* new 51, learnt 43 */
    ok(kit_counted(k), "events with several hashes");
    index_refresh(k->world.index);
    ok(index_find_live(k->world.index, index_key(1, a.hashes[0]), &issue),
       "the issue of the first");
    ok(index_find_live(k->world.index, index_key(1, b.hashes[0]), &other) && other == issue,
       "the first known hash decides, the unknown one is learnt");
    ok(index_find_live(k->world.index, index_key(1, b.hashes[2]), &other) && other != issue,
       "a hash that belongs elsewhere stays there");
    ok(index_find_live(k->world.index, index_key(1, c.hashes[0]), &other) && other == issue,
       "what was learnt is known");
    is_int(kit_number(k, "SELECT count(*) FROM hash WHERE issue_id = (SELECT max(id) FROM issue "
                         "WHERE events = 3)"),
           5, "five hashes belong to it");
}

/* Follow prev_seq from the newest event. */
static void test_chain(struct kit *k)
{
    struct record_event r = kit_event(30, 0x61);
    char sql[256];
    int64_t issue;

    for (int i = 0; i < 5; i++) {
        struct record_event other = kit_event(40 + (uint64_t)i, 0x62);

        r.id[0] = (uint8_t)(30 + i);
        kit_put_event(k, 0, &r);
        kit_put_event(k, 0, &other);
    }
    ok(kit_counted(k), "two errors in turn");
    issue =
        kit_number(k, "SELECT issue_id FROM hash WHERE hash = x'61616161616161616161616161616161'");
    snprintf(sql, sizeof(sql),
             "WITH RECURSIVE c(seq, prev) AS (SELECT seq, prev_seq FROM event WHERE seq = (SELECT "
             "max(seq) "
             "FROM event WHERE issue_id = %lld) UNION ALL SELECT e.seq, e.prev_seq FROM event e "
             "JOIN c ON "
             "e.seq = c.prev WHERE e.issue_id = %lld) SELECT count(*) FROM c",
             (long long)issue, (long long)issue);
    is_int(kit_sum(k, sql), 5, "each event leads to the one before it");
}

static void test_others(struct kit *k)
{
    static const uint8_t event[16] = {1, [15] = 1};
    struct record_attachment a = {.project = 1,
                                  .received_ms = world_now_ms(),
                                  .name = TEXT("log.txt"),
                                  .content_type = TEXT("text/plain"),
                                  .type = TEXT("event.attachment"),
                                  .size = 5,
                                  .data = TEXT("hello")};
    struct record_feedback f = {.project = 1,
                                .received_ms = world_now_ms(),
                                .name = TEXT("Ada"),
                                .comments = TEXT("it broke")};
    struct record_outcome o = {.project = 1,
                               .quantity = 7,
                               .time_ms = world_now_ms(),
                               .outcome = OUTCOME_CLIENT_DISCARD,
                               .category = TEXT("error"),
                               .reason = TEXT("sample_rate")};
    struct buf b;

    memcpy(a.event_id, event, 16);
    memcpy(f.event_id, event, 16);
    for (int i = 0; i < 2; i++) {
        arena_reset(&k->arena);
        buf_init(&b, &k->arena, 1024, RECORD_MAX);
        record_attachment_write(&b, &a);
        kit_put(k, 0, RECORD_ATTACHMENT, buf_result(&b));
        buf_init(&b, &k->arena, 1024, RECORD_MAX);
        record_feedback_write(&b, &f);
        kit_put(k, 0, RECORD_FEEDBACK, buf_result(&b));
    }
    buf_init(&b, &k->arena, 1024, RECORD_MAX);
    record_outcome_write(&b, &o);
    kit_put(k, 0, RECORD_OUTCOMES, buf_result(&b));
    kit_put(k, 0, (enum record_kind)99, TEXT("what is this?"));
    kit_put(k, 0, RECORD_EVENT, TEXT("no event"));
    ok(kit_settled(k), "attachments, feedback, outcomes, and what nobody can read");
    is_int(kit_sum(k, "SELECT count(*) FROM attachment WHERE data = x'68656c6c6f'"), 1,
           "an attachment sent again is one");
    is_int(kit_wait(k, "SELECT count(*) FROM feedback WHERE comments = 'it broke'", 1, 5), 1,
           "a report sent again is one");
    is_int(kit_wait(k, "SELECT quantity FROM outcome WHERE reason = 'sample_rate'", 7, 5), 7,
           "the outcomes are counted");
    is_int(
        kit_wait(
            k,
            "SELECT count(*) FROM feedback WHERE issue_id = (SELECT id FROM issue WHERE short = 1)",
            1, 10),
        1, "the report finds its issue");
}

/* What clients say that they dropped may be any number, and more than one of them says so. */
static void test_large_quantities(struct kit *k)
{
    struct record_outcome o = {.project = 1,
                               .quantity = UINT32_MAX,
                               .time_ms = world_now_ms(),
                               .outcome = OUTCOME_CLIENT_DISCARD,
                               .category = TEXT("error"),
                               .reason = TEXT("queue_overflow")};
    struct buf b;

    arena_reset(&k->arena);
    buf_init(&b, &k->arena, 1024, RECORD_MAX);
    for (int i = 0; i < 3; i++)
        record_outcome_write(&b, &o);
    kit_put(k, 0, RECORD_OUTCOMES, buf_result(&b));
    kit_counted(k);
    is_int(kit_number(k, "SELECT sum(quantity) FROM outcome WHERE reason = 'queue_overflow'"),
           3LL * UINT32_MAX, "large quantities are added up");
}

/* The words of an outcome may be a client's: so many of them are listed an hour, the rest is added up. */
static void test_many_reasons(struct kit *k)
{
    struct record_outcome o = {.project = 1,
                               .quantity = 2,
                               .time_ms = world_now_ms() - 2 * 3600000,
                               .outcome = OUTCOME_UNKNOWN,
                               .category = TEXT("unknown")};
    char word[32];

    for (int i = 0; i < 2000; i++) {
        struct buf b;

        o.reason = (struct text){word, (size_t)snprintf(word, sizeof(word), "word-%d", i % 1000)};
        arena_reset(&k->arena);
        buf_init(&b, &k->arena, 1024, RECORD_MAX);
        record_outcome_write(&b, &o);
        kit_put(k, 0, RECORD_OUTCOMES, buf_result(&b));
        if (i % 1000 == 999)
            kit_counted(k);
    }
    is_int(kit_number(k, "SELECT count(*) FROM outcome WHERE outcome = 8"), OUTCOMES_LISTED + 1,
           "a thousand reasons in an hour: some are listed");
    is_int(kit_number(k, "SELECT quantity FROM outcome WHERE reason = 'word-0'"), 4,
           "those go on being counted");
    is_int(kit_number(k, "SELECT sum(quantity) FROM outcome WHERE outcome = 8"), 4000,
           "and so are all together");
}

/* A big one, and many small ones at once. */
static void test_load(struct kit *k)
{
    static char big[1400 * 1024];
    struct record_event r = kit_event(5000, 0x71);
    int64_t before = kit_sum(k, "SELECT count(*) FROM event");

    for (size_t i = 0; i < sizeof(big); i++)
        big[i] = (char)(i * 2654435761u >> 13);
    r.payload = (struct text){big, sizeof(big)};
    kit_put_event(k, 0, &r);
    kit_put_event(k, 0, &r);
    r.id[1] ^= 1;
    kit_put_event(k, 1, &r);
    for (uint64_t i = 0; i < 20000; i++) {
        struct record_event e = kit_event(6000 + i, (uint8_t)(0x80 + i % 40));

        kit_put_event(k, (uint32_t)(i % 3), &e);
    }
    ok(kit_counted(k), "two giants and 20,000 events over three rings");
    is_int(kit_sum(k, "SELECT count(*) FROM event") - before, 20002, "each is there once");
    is_int(kit_number(k, "SELECT sum(events) FROM issue"), kit_sum(k, "SELECT count(*) FROM event"),
           "and counted once");
    is_int(kit_number(k, "SELECT count(*) FROM issue_hour WHERE events = 500") +
                   kit_number(k,
                              "SELECT count(*) FROM issue_hour WHERE events < 500 AND issue_id IN "
                              "(SELECT id FROM issue WHERE events = 500)") /
                       2 >=
               40,
           1, "500 for each of the 40");
}

static void test_users(struct kit *k)
{
    char user[32];
    int64_t users;

    for (int i = 0; i < 200; i++) {
        struct record_event e = kit_event(40000 + (uint64_t)i, 0xe1);

        e.user = (struct text){user, (size_t)snprintf(user, sizeof(user), "id:%d", i % 100)};
        kit_put_event(k, 0, &e);
    }
    kit_counted(k);
    is_int(kit_number(k, "SELECT max(users) FROM issue"), 100,
           "a hundred users are counted exactly");
    for (int i = 0; i < 8000; i++) {
        struct record_event e = kit_event(50000 + (uint64_t)i, 0xe1);

        e.user = (struct text){user, (size_t)snprintf(user, sizeof(user), "id:%d", i % 4000)};
        kit_put_event(k, 0, &e);
        if (i % 1000 == 0)
            kit_counted(k);
    }
    kit_counted(k);
    users = kit_number(k, "SELECT max(users) FROM issue");
    ok(users > 3500 && users < 4500, "four thousand of them within 12 %% (%lld)", (long long)users);
    is_int(kit_number(k, "SELECT count(*) FROM issue_user WHERE issue_id = (SELECT issue_id FROM "
                         "hash WHERE hash = "
                         "x'e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1')"),
           0, "and are not listed any more");
}

static void put_orders(struct kit *k, uint64_t id, int count, int from, int values)
{
    struct record_tag tag = {.key = TEXT("order")};
    char value[32];

    for (int i = 0; i < count; i++) {
        struct record_event e = kit_event(id + (uint64_t)i, 0xe2);

        tag.value =
            (struct text){value, (size_t)snprintf(value, sizeof(value), "o-%d", from + i % values)};
        e.tags = &tag;
        e.tag_count = 1;
        kit_put_event(k, 0, &e);
    }
    kit_counted(k);
}

static void test_tags(struct kit *k)
{
    long long listed, sum;

    put_orders(k, 70000, 3000, 0, 1500);
    is_int(kit_number(k, "SELECT count(*) FROM issue_tag WHERE key = 'order'"), TAG_VALUES_MAX,
           "so many values are listed");
    is_int(kit_number(k, "SELECT events FROM issue_tag_key WHERE key = 'order'"), 3000,
           "all are counted");
    is_int(kit_number(k, "SELECT listed FROM issue_tag_key WHERE key = 'order'"), TAG_VALUES_MAX,
           "and it knows how many it lists");
    sum = kit_number(k, "SELECT sum(events) FROM issue_tag WHERE key = 'order'");
    put_orders(k, 73000, 2000, 5000, 2000); /* the tally knows the list by now */
    put_orders(k, 75000, 2000, 9000, 2000);
    is_int(kit_number(k, "SELECT events FROM issue_tag_key WHERE key = 'order'"), 7000,
           "others are counted, too");
    is_int(kit_number(k, "SELECT events FROM project_tag_key WHERE key = 'order'"), 7000,
           "and in the project");
    is_int(kit_number(k, "SELECT sum(events) FROM issue_tag WHERE key = 'order'"), sum,
           "and none of them as one that is listed");
    is_int(kit_number(k, "SELECT sum(events) FROM project_tag WHERE key = 'order'"), sum,
           "nor there");
    listed = kit_number(k, "SELECT substr(value, 3) FROM issue_tag WHERE key = 'order' LIMIT 1");
    put_orders(k, 77000, 7, (int)listed, 1);
    is_int(kit_number(k, "SELECT sum(events) FROM issue_tag WHERE key = 'order'"), sum + 7,
           "those that are listed go on being counted");
    is_int(kit_number(k, "SELECT sum(events) FROM project_tag WHERE key = 'order'"), sum + 7,
           "also in the project");
}

/* More fingerprints than a fresh index holds: it grows while events come. */
static void test_growth(struct kit *k)
{
    uint64_t before = index_load(k->world.index).slots;
    uint32_t issue;
    int missing = 0;

    for (uint64_t i = 0; i < 12000; i++) {
        struct record_event e = kit_event(100000 + i, 0xf0);

        e.hash_count = 4;
        for (int h = 0; h < 4; h++) {
            memset(e.hashes[h], h + 1, 16);
            memcpy(e.hashes[h], &i, 8);
        }
        kit_put_event(k, (uint32_t)(i % 3), &e);
    }
    ok(kit_counted(k), "12,000 new errors with four fingerprints each");
    index_refresh(k->world.index);
    ok(index_load(k->world.index).slots > before, "the index has grown");
    for (uint64_t i = 0; i < 12000; i++) {
        uint8_t hash[16];

        memset(hash, 4, 16);
        memcpy(hash, &i, 8);
        missing += !index_find_live(k->world.index, index_key(1, hash), &issue);
    }
    is_int(missing, 0, "and knows them all");
    is_int(kit_number(k, "SELECT count(*) FROM hash") >= 48000, 1, "as does the catalogue");
}

/* Nothing changes when the same is started again. */
static void test_restart(struct kit *k)
{
    char before[1024];
    struct record_event r = kit_event(1, 0x11);
    struct issue_entry was =
        *issue_at(k->world.issues, (uint32_t)kit_number(k, "SELECT id FROM issue WHERE short = 1"));
    const struct issue_entry *is;

    snprintf(before, sizeof(before), "%s",
             kit_string(k, "SELECT group_concat(id || ':' || events || ':' || users) FROM issue "
                           "WHERE events > 1"));
    is_int(kit_stop(k), 0, "it drains and leaves when told");
    ok(kit_start(k), "and starts again");
    is_str(
        kit_string(
            k,
            "SELECT group_concat(id || ':' || events || ':' || users) FROM issue WHERE events > 1"),
        before, "with the same figures");
    is = issue_at(k->world.issues, (uint32_t)kit_number(k, "SELECT id FROM issue WHERE short = 1"));
    ok(is->events == was.events && is->last_seq == was.last_seq && is->first_ms == was.first_ms &&
           is->status == was.status,
       "the shared entry is rebuilt as it was");
    kit_put_event(k, 0, &r);
    ok(kit_settled(k), "an old event sent again");
    is_int(kit_sum(k, "SELECT count(*) FROM event WHERE id = x'01000000000000000000000000000001'"),
           1, "is still a duplicate");
}

/* A writer killed between its commit and the release: nobody sends anything more, and whoever waits for
 * that commit is answered by the next writer all the same. */
static void test_unreleased(struct kit *k)
{
    struct record_event r = kit_event(90, 0x91);
    int64_t before = kit_number(k, "SELECT sum(events) FROM issue");
    uint64_t head;
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/shm/ring.00", k->dir);
    fd = open(path, O_RDWR | O_CLOEXEC);
    head = ring_released(k->world.ring[0]);
    kit_put_event(k, 0, &r);
    ok(kit_counted(k), "an event is stored");
    kit_kill(k);
    ok(pwrite(fd, &head, sizeof(head), 128) == sizeof(head) &&
           ring_released(k->world.ring[0]) == head,
       "its ring was not released");
    close(fd);
    ok(kit_start(k) && kit_settled(k), "the next writer releases it");
    ok(kit_counted(k), "all is counted");
    is_int(kit_number(k, "SELECT sum(events) FROM issue"), before + 1, "the event once");
}

/* Whoever knows a DSN can make up fingerprints until no issue number is left: then new errors are refused, and
 * nobody else notices. Last, for numbers do not come back. */
static void test_no_number_left(struct kit *k)
{
    struct record_event r = kit_event(95, 0x95), known = kit_event(96, 0x11);
    int64_t issues = kit_number(k, "SELECT count(*) FROM issue");

    index_reserve(k->world.index, ISSUES_MAX - 2);
    for (uint8_t i = 0; i < 4; i++) {
        r.id[0] = (uint8_t)(200 + i);
        memset(r.hashes[0], 0xc0 + i, 16);
        kit_put_event(k, i % 2, &r);
    }
    known.hash_count = 2;
    memset(known.hashes[1], 0x12, 16);
    kit_put_event(k, 0, &known);
    ok(kit_counted(k), "the numbers of issues are used up");
    is_int(kit_number(k, "SELECT count(*) FROM issue") - issues, 1, "the last one is an issue's");
    is_int(kit_number(k, "SELECT quantity FROM outcome WHERE reason = 'too_many_issues'"), 3,
           "new errors behind it are refused, and counted");
    is_int(kit_sum(k, "SELECT count(*) FROM event WHERE id = x'60000000000000000000000000000001'"),
           1, "an event of a known issue is stored");
    ok(!atomic_load(&k->world.board->disk_full), "and nobody takes it for a full disk");
}

int main(void)
{
    struct kit k;

    kit_open(&k, "/tmp");
    test_first_start(&k);
    test_event(&k);
    test_same_error(&k);
    test_hashes(&k);
    test_chain(&k);
    test_others(&k);
    test_large_quantities(&k);
    test_many_reasons(&k);
    test_load(&k);
    test_users(&k);
    test_tags(&k);
    test_growth(&k);
    test_restart(&k);
    test_unreleased(&k);
    test_no_number_left(&k);
    is_int(kit_stop(&k), 0, "and leaves");
    kit_close(&k);
    return done_testing();
}
