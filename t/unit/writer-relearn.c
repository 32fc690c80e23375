/* After an upgrade that brought another version of grouping: issues learn what their stored events are
 * grouped by now. The upgrade is played by events whose stored hashes are made up. */
#include "model/group.h"
#include "proto/hex.h"
#include "t/lib/writer_kit.h"

#define RULE "error.type:Ruled -> ruled"

static const char *document(const char *type, const char *function)
{
    static char out[8][512];
    static int turn;

    turn = (turn + 1) % 8;
    snprintf(
        out[turn], sizeof(out[turn]),
        "{\"platform\":\"python\",\"exception\":{\"values\":[{\"type\":\"%s\",\"value\":\"no\","
        "\"stacktrace\":{\"frames\":[{\"module\":\"app\",\"function\":\"%s\",\"in_app\":true,"
        "\"context_line\":\"go()\"}]}}]}}",
        type, function);
    return out[turn];
}

static uint64_t put(struct kit *k, const char *payload, int first, int second)
{
    static uint64_t id;
    struct record_event r = kit_event(++id, (uint8_t)first);

    if (second) {
        memset(r.hashes[1], second, 16);
        r.hash_count = 2;
    }
    r.payload = text_of(payload);
    return kit_put_event(k, 0, &r);
}

static int64_t issue_of(struct kit *k, int hash)
{
    char sql[128];

    snprintf(sql, sizeof(sql), "SELECT issue_id FROM hash WHERE hex(hash) LIKE '%02X%02X%%'", hash,
             hash);
    return kit_number(k, sql);
}

/* The first key that the document has now. */
static bool key_now(const char *payload, const char *rules, uint8_t out[16])
{
    struct event_context context = {.received_us = 0};
    struct group_rules_error error;
    struct group_result keys;
    struct event e;
    struct arena a;
    bool done;

    arena_init(&a, 8 * MIB);
    done = event_read(text_of(payload), &context, &a, &e) == EVENT_OK &&
           event_fill(&e, &a) == EVENT_OK &&
           group_event(&e, group_rules_compile(text_of(rules), TEXT(""), &a, &error), &a, &keys);
    if (done)
        memcpy(out, keys.hashes[0].bytes, 16);
    arena_free(&a);
    return done;
}

/* Whose is it? -1: nobody's. */
static int64_t owner_now(struct kit *k, const char *payload, const char *rules)
{
    char sql[160], hex[33] = "";
    uint8_t key[16];

    if (!key_now(payload, rules, key))
        return -2;
    hex_write(key, 16, hex);
    snprintf(sql, sizeof(sql), "SELECT issue_id FROM hash WHERE hash = x'%.32s'", hex);
    return kit_number(k, sql);
}

static bool change(struct kit *k, const char *sql)
{
    struct db_options o = {.mode = DB_WRITE};
    char path[256];
    struct db *d;
    bool done;

    snprintf(path, sizeof(path), "%s/quern.db", k->dir);
    done = db_open(path, &o, &d) == DB_OK && db_exec(d, sql) == DB_OK;
    if (!done && d)
        note("%s", db_error(d));
    db_close(d);
    return done;
}

static void make_past(struct kit *k)
{
    char args[128];

    is_int(kit_number(k, "SELECT value FROM meta WHERE key = 'group_version'"), GROUP_VERSION,
           "a new folder says which version it has");
    is_int(
        kit_command(k, "project.update", "{\"id\":1,\"fingerprintingRules\":\"" RULE "\"}", NULL),
        200, "a project with a rule");
    put(k, document("ValueError", "one"), 0xa1, 0);
    put(k, document("Ruled", "two"), 0xa2, 0);
    put(k, document("ValueError", "three"), 0xa3, 0xa4);
    put(k, document("ValueError", "four"), 0xa4, 0);
    put(k, document("ValueError", "five"), 0xa5, 0);
    ok(kit_counted(k), "events of the old version");
    is_int(issue_of(k, 0xa4), issue_of(k, 0xa3), "two of them in one issue");
    snprintf(args, sizeof(args), "{\"ids\":[%lld,%lld]}", (long long)issue_of(k, 0xa1),
             (long long)issue_of(k, 0xa5));
    is_int(kit_command(k, "issue.merge", args, NULL), 200, "two merged");
    is_int(kit_stop(k), 0, "the old server leaves");
    ok(change(k, "UPDATE hash SET version = version - 1;"
                 "UPDATE meta SET value = value - 1 WHERE key = 'group_version';"
                 /* taken out of its issue, as unmerging does */
                 "UPDATE hash SET issue_id = issue_id + 1000 WHERE hex(hash) LIKE 'A4A4%';"),
       "what it left is of an older version");
}

static void test_learnt(struct kit *k)
{
    is_int(owner_now(k, document("ValueError", "one"), ""), issue_of(k, 0xa1),
           "an issue has learnt what its event is grouped by now");
    is_int(owner_now(k, document("ValueError", "five"), ""), issue_of(k, 0xa1),
           "and what that of an issue merged into it is");
    is_int(issue_of(k, 0xa5), issue_of(k, 0xa1), "which is the same issue");
    is_int(owner_now(k, document("Ruled", "two"), RULE), issue_of(k, 0xa2),
           "under the rules of its project");
    is_int(owner_now(k, document("ValueError", "three"), ""), issue_of(k, 0xa3),
           "of one with two events");
    is_int(owner_now(k, document("ValueError", "four"), ""), -1,
           "but not what was taken out of it");
    is_int(kit_number(k, "SELECT count(*) FROM hash WHERE version <> 1 AND issue_id < 1000"), 0,
           "the old hashes are done with");
    is_int(kit_number(k, "SELECT value FROM meta WHERE key = 'group_version'"), GROUP_VERSION,
           "all of them");
}

static void test_joins(struct kit *k)
{
    int64_t issues = kit_number(k, "SELECT count(*) FROM issue");
    struct record_event r = kit_event(99, 0);

    r.payload = text_of(document("ValueError", "one"));
    ok(key_now(r.payload.at, "", r.hashes[0]) && kit_put_event(k, 0, &r) && kit_counted(k),
       "an event of the new version");
    is_int(kit_number(k, "SELECT count(*) FROM issue"), issues, "makes no issue");
    is_int(kit_number(k, "SELECT max(events) FROM issue"), 3, "it joined the old one");
}

int main(void)
{
    int64_t hashes;
    struct kit k;

    kit_open(&k, "/tmp");
    ok(kit_start(&k), "a writer");
    make_past(&k);
    ok(kit_start(&k), "the new one");
    test_learnt(&k);
    test_joins(&k);
    hashes = kit_number(&k, "SELECT count(*) FROM hash");
    is_int(kit_stop(&k), 0, "leaves");
    ok(kit_start(&k), "the next start");
    is_int(kit_number(&k, "SELECT count(*) FROM hash"), hashes, "has nothing to learn");
    kit_close(&k);
    return done_testing();
}
