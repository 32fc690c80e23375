/* Commands: what they change, what they refuse and in which words, and what that means for events. */
#include "t/lib/writer_kit.h"

static struct text answer;

static int run(struct kit *k, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int run(struct kit *k, const char *name, const char *format, ...)
{
    char args[8192];
    va_list ap;

    va_start(ap, format);
    vsnprintf(args, sizeof(args), format, ap);
    va_end(ap);
    return kit_command(k, name, args, &answer);
}

static bool answered(const char *part)
{
    if (text_find(answer, text_of(part)) < answer.len)
        return true;
    note("answer: %.*s", TEXT_ARG(answer));
    return false;
}

/* A string member of the answer. */
static const char *member(const char *key)
{
    static char out[2][256];
    static int turn;
    struct arena a;
    struct json *v;
    struct text t = TEXT_NONE;

    turn = !turn;
    arena_init(&a, 1 * MIB);
    if (json_read(answer, &a, &v, NULL) == JSON_OK)
        t = json_as_text(json_get(v, key), &a);
    snprintf(out[turn], sizeof(out[turn]), "%.*s", TEXT_ARG(t));
    arena_free(&a);
    return out[turn];
}

/* ---- projects, keys ---- */

static void test_projects(struct kit *k)
{
    struct registry_view v = {0};
    const struct reg_project *p;
    const struct reg_key *key;
    char public_key[64];

    is_int(run(k, "project.add",
               "{\"org\":\"default\",\"name\":\"My Shop!\",\"platform\":\"python\"}"),
           201, "a project");
    is_str(member("slug"), "my-shop", "its slug is made of its name");
    is_str(member("id"), "2", "it is number 2");
    snprintf(public_key, sizeof(public_key), "%s", member("publicKey"));
    ok(registry_refresh(k->world.registry, &v) && (key = registry_key(&v, public_key, 32)) &&
           key->project == 2 && key->active,
       "its key is known at once");
    is_int(run(k, "project.add", "{\"name\":\"My shop\"}"), 201, "another of that name");
    is_str(member("slug"), "my-shop-2", "gets a slug of its own");
    is_int(run(k, "project.add", "{\"name\":\"x\",\"slug\":\"my-shop\"}"), 409,
           "a slug that is taken");
    ok(answered("A project with this slug already exists."), "is refused in Sentry's words");
    is_int(run(k, "project.add", "{\"name\":\"x\",\"slug\":\"123\"}"), 400,
           "a slug that is a number is none");
    is_int(run(k, "project.add", "{\"name\":\"42\"}"), 201, "a name that is a number");
    is_str(member("slug"), "project-42", "makes none either");
    is_int(run(k, "project.add", "{\"name\":\"\"}"), 400, "no name, no project");
    is_int(run(k, "project.add", "{\"org\":\"nope\",\"name\":\"x\"}"), 404,
           "no organisation, no project");

    is_int(run(k, "project.update",
               "{\"id\":2,\"dataScrubber\":false,\"sensitiveFields\":[\"iban\",\"pin\"],"
               "\"allowedDomains\":[\"*.example.com\"],\"rateLimit\":{\"count\":5,\"window\":60},"
               "\"filters\":{\"localhost\":true,\"errorMessages\":[\"*boring*\"]}}"),
           200, "settings");
    registry_refresh(k->world.registry, &v);
    p = registry_project(&v, 2);
    ok(p && !p->scrub_data && p->scrub_defaults && p->rate_count == 5 && p->rate_window_s == 60 &&
           p->filters == REG_FILTER_LOCALHOST,
       "are in the registry");
    ok(p && p->sensitive_fields.len == 8 &&
           memcmp(v.heap + p->sensitive_fields.at, "iban\npin", 8) == 0,
       "lists as lines");
    is_int(run(k, "project.update", "{\"id\":\"my-shop\",\"dataScrubber\":null,\"name\":\"Shop\"}"),
           200, "by slug; null");
    registry_refresh(k->world.registry, &v);
    p = registry_project(&v, 2);
    ok(p && p->scrub_data && p->rate_count == 5,
       "goes back to the default, and leaves the others alone");
    is_int(run(k, "project.update", "{\"id\":2,\"sensitiveFields\":\"iban\"}"), 400,
           "a wrong shape");
    ok(answered("{\"sensitiveFields\":["), "is told by field");
    is_int(run(k, "project.update",
               "{\"id\":2,\"fingerprintingRules\":\"error.type:X ->\\nthis is no rule\"}"),
           400, "a rule that does not compile");
    ok(answered("{\"fingerprintingRules\":[\"Line "), "is told with its line");
    is_int(run(k, "project.update", "{\"id\":2,\"fingerprintingRules\":\"error.type:X -> x\"}"),
           200, "one that does is taken");

    is_int(
        run(k, "key.add",
            "{\"project\":\"my-shop\",\"name\":\"CI\",\"rateLimit\":{\"count\":9,\"window\":1}}"),
        201, "another key");
    snprintf(public_key, sizeof(public_key), "%s", member("id"));
    registry_refresh(k->world.registry, &v);
    ok((key = registry_key(&v, public_key, 32)) && key->rate_count == 9, "with its limit");
    is_int(
        run(k, "key.update", "{\"key\":\"%s\",\"isActive\":false,\"rateLimit\":null}", public_key),
        200, "disabled, unlimited");
    registry_refresh(k->world.registry, &v);
    ok((key = registry_key(&v, public_key, 32)) && !key->active && !key->rate_count, "as told");
    is_int(run(k, "key.delete", "{\"key\":\"%s\"}", public_key), 204, "deleted");
    is_int(run(k, "key.delete", "{\"key\":\"%s\"}", public_key), 404, "once");
    is_int(run(k, "key.add", "{\"project\":2,\"rateLimit\":{\"count\":9,\"window\":0}}"), 400,
           "a limit without a window");
    is_int(kit_number(k, "SELECT count(DISTINCT bucket) = count(*) FROM key"), 1,
           "each key has a bucket of its own");

    is_int(run(k, "project.delete", "{\"id\":3}"), 204, "a project leaves");
    registry_refresh(k->world.registry, &v);
    ok(!registry_project(&v, 3), "and is not in the registry any more");
    is_int(run(k, "project.add", "{\"name\":\"n\",\"slug\":\"my-shop-2\"}"), 201,
           "its slug is free again");
    is_int(run(k, "project.list", "{}"), 200, "the list");
    ok(answered("\"slug\":\"my-shop\"") && !(text_find(answer, TEXT("deleted")) < answer.len),
       "has those that are there");
    is_int(run(k, "no.such", "{}"), 404, "a command that is none");
    is_int(run(k, "project.add", "[1]"), 400, "arguments that are no object");
    registry_view_free(&v);
}

/* ---- people, tokens ---- */

static void test_users(struct kit *k)
{
    char id[32];

    is_int(run(k, "user.add", "{\"email\":\"ada@acme.test\",\"name\":\"Ada\",\"role\":\"admin\"}"),
           201, "somebody");
    snprintf(id, sizeof(id), "%s", member("id"));
    is_int(run(k, "user.add", "{\"email\":\"ADA@acme.test\"}"), 400, "who is there already");
    ok(answered("is already a member"), "is told so");
    is_int(run(k, "user.add", "{\"email\":\"nonsense\"}"), 400, "no address");
    is_int(run(k, "user.add", "{\"email\":\"b@c.test\",\"role\":\"king\"}"), 400, "no such role");
    is_int(run(k, "user.update", "{\"email\":\"ada@acme.test\",\"password\":\"plain\"}"), 400,
           "a plain password never gets in");
    is_int(run(k, "user.update", "{\"id\":1,\"role\":\"member\"}"), 403,
           "the last owner stays one");
    is_int(run(k, "user.update", "{\"id\":1,\"active\":false}"), 403, "and stays in");
    is_int(run(k, "token.add",
               "{\"user\":%s,\"kind\":\"session\",\"scopes\":\"org:read\",\"hash\":\"%064d\","
               "\"last4\":\"abcd\"}",
               id, 7),
           201, "a session");
    is_int(run(k, "token.add",
               "{\"user\":%s,\"kind\":\"user\",\"scopes\":\"org:read "
               "event:write\",\"hash\":\"%064d\"}",
               id, 8),
           201, "a token");
    is_int(run(k, "token.add",
               "{\"user\":99,\"kind\":\"user\",\"scopes\":\"org:read\",\"hash\":\"%064d\"}", 9),
           400, "of nobody");
    is_int(run(k, "token.add",
               "{\"user\":1,\"kind\":\"user\",\"scopes\":\"org:read\",\"hash\":\"12\"}"),
           400, "without a digest");
    is_int(run(k, "user.update",
               "{\"id\":%s,\"password\":\"$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA\"}", id),
           200, "a new password");
    is_int(kit_number(k, "SELECT count(*) FROM token WHERE kind = 'session'"), 0,
           "ends the sessions");
    is_int(kit_number(k, "SELECT count(*) FROM token WHERE kind = 'user' AND user_id = 2"), 1,
           "but not the tokens");
    is_int(run(k, "user.update", "{\"id\":%s,\"active\":false}", id), 200, "somebody leaves");
    is_int(kit_number(k, "SELECT count(*) FROM token WHERE user_id = 2"), 0, "the tokens go along");
    is_int(run(k, "user.update", "{\"id\":%s,\"active\":true}", id), 200, "and comes back");
}

/* ---- issues ---- */

static int64_t issue_of(struct kit *k, int hash)
{
    char sql[128];

    snprintf(sql, sizeof(sql),
             "SELECT issue_id FROM hash WHERE substr(hex(hash), 1, 2) = '%02X' AND project_id = 1",
             hash);
    return kit_number(k, sql);
}

static int64_t about(struct kit *k, int64_t issue, const char *what)
{
    char sql[256];

    snprintf(sql, sizeof(sql), "SELECT %s FROM issue WHERE id = %lld", what, (long long)issue);
    return kit_number(k, sql);
}

static uint64_t next_id = 1000;

static void put(struct kit *k, int hash, const char *release)
{
    struct record_event r = kit_event(next_id++, (uint8_t)hash);

    r.release = release ? text_of(release) : TEXT_NONE;
    kit_put_event(k, 0, &r);
}

static int64_t put_counted(struct kit *k, int hash, const char *release)
{
    put(k, hash, release);
    kit_counted(k);
    return issue_of(k, hash);
}

static int status_of(struct kit *k, int64_t issue)
{
    return atomic_load(&issue_at(k->world.issues, (uint32_t)issue)->status);
}

static void test_resolve(struct kit *k)
{
    int64_t i = put_counted(k, 0x01, NULL);

    is_int(run(k, "issue.update", "{\"ids\":[%lld],\"status\":\"resolved\"}", (long long)i), 200,
           "resolved");
    ok(answered("\"status\":\"resolved\",\"statusDetails\":{},\"substatus\":null,\"inbox\":null"),
       "the answer says what was applied");
    is_int(status_of(k, i), ISSUE_RESOLVED, "the shared entry knows");
    put_counted(k, 0x01, NULL);
    is_int(about(k, i, "status = 1 AND substatus = 'regressed' AND resolved_ms IS NULL"), 1,
           "an event reopens it");
    is_int(status_of(k, i), ISSUE_UNRESOLVED, "in the shared entry as well");
    is_int(kit_number(k, "SELECT count(*) FROM activity WHERE type = 'set_regression'"), 1,
           "and is told in its history");
    is_int(run(k, "issue.update", "{\"ids\":[999999],\"status\":\"resolved\"}"), 204,
           "an issue that is not there");
    is_int(run(k, "issue.update", "{\"ids\":[%lld],\"status\":\"solved\"}", (long long)i), 400,
           "a status that is none");
}

static void test_next_release(struct kit *k)
{
    int64_t i = put_counted(k, 0x02, NULL);

    is_int(run(k, "issue.update", "{\"ids\":[%lld],\"status\":\"resolvedInNextRelease\"}",
               (long long)i),
           400, "no release, no next one");
    ok(answered("No release data present in the system to form a basis for 'Next Release'"),
       "as Sentry says it");
    put(k, 0x03, "app@1.0.0");
    put(k, 0x03, "app@1.10.0");
    put_counted(k, 0x03, "app@1.9.0");
    is_int(
        run(k, "issue.update",
            "{\"ids\":[%lld],\"status\":\"resolved\",\"statusDetails\":{\"inNextRelease\":true}}",
            (long long)i),
        200, "resolved in the next release");
    ok(answered("\"statusDetails\":{\"inNextRelease\":true"), "told back");
    is_str(kit_string(k, "SELECT r.version FROM issue i JOIN release r ON r.id = i.resolved_in"),
           "app@1.10.0", "1.10 is newer than 1.9, whatever came last");
    put(k, 0x02, "app@1.9.0");
    put(k, 0x02, "app@1.10.0");
    put_counted(k, 0x02, NULL);
    is_int(about(k, i, "status"), ISSUE_RESOLVED, "older, the same, and none: it stays resolved");
    put_counted(k, 0x02, "app@1.11.0");
    is_int(about(k, i, "status = 1 AND substatus = 'regressed'"), 1, "a newer one reopens it");
    is_str(
        kit_string(
            k, "SELECT data FROM activity WHERE type = 'set_regression' ORDER BY id DESC LIMIT 1"),
        "{\"version\":\"app@1.11.0\",\"resolved_in_version\":\"app@1.10.0\"}",
        "with both versions");

    is_int(run(k, "issue.update",
               "{\"ids\":[%lld],\"status\":\"resolved\",\"statusDetails\":{\"inRelease\":\"app@1."
               "11.0\"}}",
               (long long)i),
           200, "resolved in a release");
    put_counted(k, 0x02, "app@1.10.9");
    is_int(about(k, i, "status"), ISSUE_RESOLVED, "an older one may still have it");
    put_counted(k, 0x02, "app@1.11.0");
    is_int(about(k, i, "status"), ISSUE_UNRESOLVED, "that one may not");
    is_int(
        run(k, "issue.update",
            "{\"ids\":[%lld],\"status\":\"resolved\",\"statusDetails\":{\"inRelease\":\"nope\"}}",
            (long long)i),
        400, "an unknown release");
    ok(answered("{\"statusDetails\":{\"inRelease\":[\"Unable to find a release with the given "
                "version.\"]}}"),
       "by field");
    is_int(
        run(k, "issue.update",
            "{\"ids\":[%lld],\"status\":\"resolved\",\"statusDetails\":{\"inRelease\":\"latest\"}}",
            (long long)i),
        200, "the latest");
    is_str(kit_string(k, "SELECT r.version FROM issue i JOIN release r ON r.id = i.resolved_in"),
           "app@1.11.0", "is the newest there is");
}

/* Commit hashes have no order: then dates decide. */
static void test_release_dates(struct kit *k)
{
    int64_t i = put_counted(k, 0x04, "aaaaaaaaaaaaaaaaaaaa");

    is_int(run(k, "release.add",
               "{\"org\":1,\"version\":\"bbbbbbbbbbbbbbbbbbbb\",\"projects\":[1],\"dateReleased\":"
               "\"2020-01-01T00:00:00Z\"}"),
           201, "an old release");
    is_int(run(k, "issue.update",
               "{\"ids\":[%lld],\"status\":\"resolved\",\"statusDetails\":{\"inRelease\":"
               "\"aaaaaaaaaaaaaaaaaaaa\"}}",
               (long long)i),
           200, "resolved in another");
    put_counted(k, 0x04, "bbbbbbbbbbbbbbbbbbbb");
    is_int(about(k, i, "status"), ISSUE_RESOLVED, "the old one does not reopen it");
    put_counted(k, 0x04, "cccccccccccccccccccc");
    is_int(about(k, i, "status"), ISSUE_UNRESOLVED, "one that nobody had seen before does");
}

static void test_ignore(struct kit *k)
{
    int64_t i = put_counted(k, 0x05, NULL);

    is_int(run(k, "issue.update", "{\"ids\":[%lld],\"status\":\"muted\",\"snoozeDuration\":null}",
               (long long)i),
           200, "sentry-cli's mute");
    ok(answered("\"status\":\"ignored\"") && answered("archived_until_escalating"),
       "archives it until it escalates");
    for (int n = 0; n < 5; n++)
        put(k, 0x05, NULL);
    kit_counted(k);
    is_int(about(k, i, "status"), ISSUE_IGNORED, "a few events change nothing");
    for (int n = 0; n < 10; n++)
        put(k, 0x05, NULL);
    kit_counted(k);
    is_int(about(k, i, "status = 1 AND substatus = 'escalating'"), 1, "many wake it");

    is_int(run(k, "issue.update",
               "{\"ids\":[%lld],\"status\":\"ignored\",\"statusDetails\":{\"ignoreCount\":3}}",
               (long long)i),
           200, "until three more");
    ok(answered("archived_until_condition_met"), "is a condition");
    put(k, 0x05, NULL);
    put_counted(k, 0x05, NULL);
    is_int(about(k, i, "status"), ISSUE_IGNORED, "two are not enough");
    put_counted(k, 0x05, NULL);
    is_int(about(k, i, "status = 1 AND substatus = 'ongoing'"), 1, "the third is");

    is_int(run(k, "issue.update",
               "{\"ids\":[%lld],\"status\":\"ignored\",\"statusDetails\":{\"ignoreDuration\":60}}",
               (long long)i),
           200, "for an hour");
    ok(answered("\"ignoreUntil\":\""), "it says until when");
    put_counted(k, 0x05, NULL);
    is_int(about(k, i, "status"), ISSUE_IGNORED, "before it is over");
    {
        struct record_event r = kit_event(next_id++, 0x05);

        r.received_ms += 61 * 60000;
        kit_put_event(k, 0, &r);
        kit_counted(k);
    }
    is_int(about(k, i, "status"), ISSUE_UNRESOLVED, "and after");
    is_int(run(k, "issue.update",
               "{\"ids\":[%lld],\"status\":\"ignored\",\"statusDetails\":{\"ignoreCount\":2,"
               "\"ignoreWindow\":10081}}",
               (long long)i),
           400, "a window of more than a week");
    ok(answered("Ensure this value is less than or equal to 10080."),
       "is refused in Django's words");
    is_int(run(k, "issue.update",
               "{\"ids\":[%lld],\"status\":\"ignored\",\"substatus\":\"archived_forever\"}",
               (long long)i),
           200, "for ever");
    for (int n = 0; n < 200; n++)
        put(k, 0x05, NULL);
    kit_counted(k);
    is_int(about(k, i, "status"), ISSUE_IGNORED, "is for ever");
    is_int(run(k, "issue.update", "{\"ids\":[%lld],\"status\":\"unresolved\"}", (long long)i), 200,
           "reopened by hand");
    is_int(about(k, i, "status = 1 AND ignore_details IS NULL"), 1, "nothing is left of it");
}

/* Each has its window, wherever its number leads: events of the two come in turns. */
static void test_windows(struct kit *k)
{
    struct record_event a = kit_event(next_id++, 0x36), b = kit_event(next_id++, 0x37);

    a.issue = 20000;
    b.issue = 20000 + 512;
    kit_put_event(k, 0, &a);
    kit_put_event(k, 0, &b);
    kit_counted(k);
    is_int(issue_of(k, 0x37) - issue_of(k, 0x36), 512, "two issues");
    is_int(run(k, "issue.update",
               "{\"ids\":[20000,20512],\"status\":\"ignored\",\"statusDetails\":{\"ignoreCount\":5,"
               "\"ignoreWindow\":60}}"),
           200, "until five events within an hour");
    for (int n = 0; n < 5; n++) {
        put(k, 0x36, NULL);
        put(k, 0x37, NULL);
        if (n == 2)
            is_int(run(k, "issue.update", "{\"ids\":[20000],\"hasSeen\":true}"), 200,
                   "a command in the middle begins no window anew");
    }
    kit_counted(k);
    is_int(about(k, 20000, "status"), ISSUE_UNRESOLVED, "which one has");
    is_int(about(k, 20512, "status"), ISSUE_UNRESOLVED, "and the other as well");
}

static void test_assign(struct kit *k)
{
    int64_t i = put_counted(k, 0x06, NULL);

    is_int(run(k, "issue.update",
               "{\"ids\":[%lld],\"assignedTo\":\"ada@acme.test\",\"hasSeen\":true,\"isBookmarked\":"
               "true,\"priority\":\"low\"}",
               (long long)i),
           200, "assigned, seen, bookmarked, ranked");
    ok(answered("\"assignedTo\":{\"type\":\"user\",\"id\":\"2\",\"name\":\"Ada\""),
       "the answer shows whom");
    is_int(about(k, i, "assignee = 'user:2' AND has_seen AND bookmarked AND priority = 'low'"), 1,
           "all of it is kept");
    is_int(run(k, "issue.update",
               "{\"ids\":[%lld],\"assignedTo\":\"user:77\",\"priority\":\"high\"}", (long long)i),
           400, "an unknown actor");
    is_int(about(k, i, "priority = 'low'"), 1, "and nothing else of that was done");
    is_int(run(k, "issue.update", "{\"ids\":[%lld],\"assignedTo\":\"\"}", (long long)i), 200,
           "unassigned");
    ok(answered("\"assignedTo\":null"), "told");
    is_str(kit_string(k, "SELECT group_concat(type) FROM (SELECT type FROM activity WHERE issue_id "
                         "= (SELECT issue_id FROM hash "
                         "WHERE substr(hex(hash), 1, 2) = '06') ORDER BY id)"),
           "first_seen,assigned,set_priority,unassigned", "its history");
}

static void test_comments(struct kit *k)
{
    int64_t i = issue_of(k, 0x06);
    char id[32];

    is_int(run(k, "comment.add", "{\"issue\":%lld,\"text\":\"  look at \\\"this\\\"  \"}",
               (long long)i),
           201, "a comment");
    snprintf(id, sizeof(id), "%s", member("id"));
    is_int(about(k, i, "comments"), 1, "is counted");
    is_int(run(k, "comment.add", "{\"issue\":%lld,\"text\":\"  \"}", (long long)i), 400,
           "a blank one");
    ok(answered("{\"text\":[\"This field may not be blank.\"]}"), "is none");
    is_int(run(k, "comment.update", "{\"id\":%s,\"text\":\"better\"}", id), 200, "changed");
    is_int(kit_number(k, "SELECT count(*) FROM activity WHERE data = '{\"text\":\"better\"}'"), 1,
           "as told");
    is_int(run(k, "comment.delete", "{\"id\":%s}", id), 204, "deleted");
    is_int(about(k, i, "comments"), 0, "and not counted any more");
    is_int(run(k, "comment.update", "{\"id\":%s,\"text\":\"x\"}", id), 404, "it is gone");
}

static void test_delete(struct kit *k)
{
    int64_t i = put_counted(k, 0x07, NULL), j;
    struct record_event r = kit_event(next_id++, 0x07);

    is_int(run(k, "issue.delete", "{\"ids\":[%lld]}", (long long)i), 204, "deleted");
    is_int(about(k, i, "1"), -1, "its row is gone");
    is_int(issue_of(k, 0x07), -1, "and its hash");
    r.issue = (uint32_t)i; /* a worker had read the index before */
    kit_put_event(k, 0, &r);
    kit_counted(k);
    j = issue_of(k, 0x07);
    ok(j > 0 && j != i, "the next event makes a new issue, not one under the old number");
    is_int(about(k, j, "events"), 1, "which counts from the beginning");

    is_int(run(k, "issue.delete", "{\"ids\":[%lld],\"discard\":true}", (long long)j), 204,
           "discarded");
    put(k, 0x07, NULL);
    put_counted(k, 0x07, NULL);
    is_int(about(k, j, "status = 4 AND events"), 1, "further events of it are dropped");
    is_int(kit_wait(k, "SELECT quantity FROM outcome WHERE reason = 'discarded-hash'", 2, 5), 2,
           "and counted as that");
    is_int(run(k, "issue.update", "{\"ids\":[%lld],\"status\":\"unresolved\"}", (long long)j), 204,
           "nobody sees it any more");
}

static void test_merge(struct kit *k)
{
    int64_t a, b, c;
    char sql[512];

    for (int n = 0; n < 6; n++)
        put(k, 0x0a, "app@1.0.0");
    for (int n = 0; n < 3; n++)
        put(k, 0x0b, "app@1.9.0");
    put_counted(k, 0x0c, NULL);
    a = issue_of(k, 0x0a), b = issue_of(k, 0x0b), c = issue_of(k, 0x0c);
    is_int(run(k, "issue.merge", "{\"ids\":[%lld,%lld,%lld]}", (long long)b, (long long)a,
               (long long)c),
           200, "three become one");
    is_int(atoll(kit_string(k, "SELECT id FROM issue WHERE events = 10 ORDER BY id DESC LIMIT 1")),
           a, "the one with most events");
    ok(answered("\"merge\":{\"parent\":\""), "the answer names it");
    is_int(about(k, b, "merged_into"), a, "the others lead to it");
    snprintf(sql, sizeof(sql), "SELECT sum(events) FROM issue_hour WHERE issue_id = %lld",
             (long long)a);
    is_int(kit_number(k, sql), 10, "its hours are theirs together");
    snprintf(sql, sizeof(sql),
             "SELECT events FROM issue_tag WHERE issue_id = %lld AND key = 'browser'",
             (long long)a);
    is_int(kit_number(k, sql), 10, "its tags");
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM issue_release WHERE issue_id = %lld",
             (long long)a);
    is_int(kit_number(k, sql), 3, "its releases");
    is_int(kit_number(k, "SELECT count(*) FROM issue_hour WHERE issue_id IN (SELECT id FROM issue "
                         "WHERE merged_into IS NOT NULL)"),
           0, "theirs are gone");
    is_int(put_counted(k, 0x0b, NULL), a, "a new event follows");
    is_int(about(k, a, "events"), 11, "and is counted there");
    is_int(run(k, "issue.update", "{\"ids\":[%lld],\"status\":\"resolved\"}", (long long)b), 200,
           "who means the child");
    is_int(about(k, a, "status"), ISSUE_RESOLVED, "gets the parent");
    is_int(run(k, "issue.update", "{\"ids\":[%lld],\"status\":\"unresolved\"}", (long long)a), 200,
           "back");
    is_int(run(k, "issue.merge", "{\"ids\":[%lld]}", (long long)a), 200,
           "one alone merges into itself");
}

/* The hashes of one leave again; their events go along, those before and after the merge. */
static void test_unmerge(struct kit *k)
{
    int64_t a = issue_of(k, 0x0a), u,
            before = kit_number(k, "SELECT sum(events) FROM project_hour WHERE project_id = 1");
    char sql[512];

    is_int(run(k, "issue.unmerge",
               "{\"id\":%lld,\"hashes\":[\"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b\"]}", (long long)a),
           202, "a hash leaves");
    u = atoll(member("id"));
    ok(u > 0 && u != a && issue_of(k, 0x0b) == u, "for an issue of its own");
    is_int(kit_wait(k, "SELECT count(*) FROM unmerge", 0, 20), 0, "the job is done after a while");
    is_int(about(k, u, "events"), 4, "its four events moved");
    is_int(about(k, a, "events"), 7, "the others stayed");
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM event WHERE issue_id = %lld", (long long)u);
    is_int(kit_sum(k, sql), 4, "in the segments too");
    snprintf(sql, sizeof(sql), "SELECT sum(events) FROM issue_hour WHERE issue_id = %lld",
             (long long)u);
    is_int(kit_number(k, sql), 4, "hours went along");
    snprintf(sql, sizeof(sql), "SELECT sum(events) FROM issue_hour WHERE issue_id = %lld",
             (long long)a);
    is_int(kit_number(k, sql), 7, "and left");
    snprintf(sql, sizeof(sql),
             "SELECT count(*) FROM issue_release r JOIN release v ON v.id = r.release_id WHERE "
             "r.issue_id = %lld AND v.version = 'app@1.9.0' AND r.events = 3",
             (long long)u);
    is_int(kit_number(k, sql), 1, "releases went along");
    snprintf(sql, sizeof(sql),
             "SELECT count(*) FROM issue_release r JOIN release v ON v.id = r.release_id WHERE "
             "r.issue_id = %lld AND v.version = 'app@1.9.0'",
             (long long)a);
    is_int(kit_number(k, sql), 0, "and left");
    is_int(kit_number(k, "SELECT sum(events) FROM project_hour WHERE project_id = 1"), before,
           "the project's figures are as they were");
    is_int(put_counted(k, 0x0b, NULL), u, "new events go there");
    is_int(about(k, u, "events"), 5, "and count");
    is_int(about(k, u, "title = 'ValueError: no' AND first_seq > 0 AND last_seq > first_seq"), 1,
           "it looks like an issue");
    is_int(run(k, "issue.unmerge",
               "{\"id\":%lld,\"hashes\":[\"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b\"]}", (long long)u),
           400, "its last hash cannot leave");
    is_int(run(k, "issue.unmerge",
               "{\"id\":%lld,\"hashes\":[\"ffffffffffffffffffffffffffffffff\"]}", (long long)a),
           400, "nor one it does not have");
}

/* ---- releases, environments ---- */

static void test_releases(struct kit *k)
{
    char id[32];

    is_int(run(k, "release.add", "{\"org\":1,\"version\":\"v9\",\"projects\":[1],\"ref\":\"abc\"}"),
           201, "a release by hand");
    snprintf(id, sizeof(id), "%s", member("id"));
    is_int(run(k, "release.add", "{\"org\":1,\"version\":\"v9\",\"projects\":[\"default\"]}"), 208,
           "again");
    is_str(member("id"), id, "is the same");
    is_int(run(k, "release.add", "{\"org\":1,\"version\":\"v9\",\"projects\":[1,2]}"), 201,
           "for another project as well");
    is_int(run(k, "release.add", "{\"org\":1,\"version\":\"v9\",\"projects\":[\"nope\"]}"), 400,
           "for one that is not there");
    ok(answered("Invalid project ids or slugs"), "no");
    is_int(run(k, "release.add", "{\"org\":1,\"version\":\"a/b\",\"projects\":[1]}"), 400,
           "a name with a slash");
    ok(answered("{\"version\":[\"Release with name a/b is not allowed\"]}"), "is not allowed");
    is_int(run(k, "release.add", "{\"org\":1,\"version\":\"latest\",\"projects\":[1]}"), 400,
           "nor is latest");
    is_int(run(k, "release.update",
               "{\"id\":%s,\"dateReleased\":\"2026-03-01T10:00:00Z\",\"status\":\"archived\"}", id),
           200, "released, archived");
    is_int(kit_number(k, "SELECT released_ms FROM release WHERE version = 'v9' AND status = "
                         "'archived' AND ref = 'abc'"),
           1772359200000, "as told, and nothing else");
    is_int(run(k, "release.delete", "{\"id\":%s}", id), 204, "deleted");
    is_int(run(k, "release.delete", "{\"id\":%lld}",
               (long long)kit_number(
                   k, "SELECT first_release FROM issue WHERE first_release IS NOT NULL LIMIT 1")),
           400, "one that issues were first seen in stays");
    is_int(run(k, "environment.update", "{\"project\":1,\"name\":\"production\",\"hidden\":true}"),
           200, "an environment is hidden");
    is_int(run(k, "environment.update", "{\"project\":1,\"name\":\"nope\",\"hidden\":true}"), 404,
           "one that is there");
}

/* A refused command leaves nothing behind and is not run again after a crash. */
/* All settings lie in the registry: what would not fit there is refused, and nothing else suffers. */
static void test_large_settings(struct kit *k)
{
    static char args[220 * 1024];
    int taken = 0, refused = 0;
    struct text answer;
    struct record_event r = kit_event(7000, 0x70);

    for (int i = 0; i < 40; i++) {
        char name[64];
        size_t n;

        snprintf(name, sizeof(name), "{\"name\":\"Large %d\",\"slug\":\"large-%d\"}", i, i);
        if (kit_command(k, "project.add", name, NULL) != 201)
            break;
        n = (size_t)snprintf(args, sizeof(args), "{\"id\":\"large-%d\",\"sensitiveFields\":[", i);
        for (int e = 0; e < 180; e++)
            n += (size_t)snprintf(args + n, sizeof(args) - n, "%s\"%01000d\"", e ? "," : "", e);
        snprintf(args + n, sizeof(args) - n, "]}");
        if (kit_command(k, "project.update", args, &answer) == 200)
            taken++;
        else
            refused++;
    }
    ok(taken > 2 && refused > 2 && taken + refused == 40,
       "large settings of many projects: %d taken, %d refused", taken, refused);
    ok(text_find(answer, TEXT("all projects")) < answer.len, "which says why");
    is_int(kit_command(k, "project.update", "{\"id\":\"large-39\",\"name\":\"Small\"}", NULL), 200,
           "who has none of them is not held up");
    is_int(kit_stop(k), 0, "it stops");
    ok(kit_start(k), "and starts");
    r.project = (uint32_t)kit_number(k, "SELECT id FROM project WHERE slug = 'large-39'");
    kit_put_event(k, 0, &r);
    ok(kit_counted(k), "an event of the last project");
    is_int(kit_sum(k, "SELECT count(*) FROM event WHERE id = x'581b0000000000000000000000000001'"),
           1, "is stored");
}

static void test_crash(struct kit *k)
{
    int64_t keys = kit_number(k, "SELECT count(*) FROM key");

    is_int(run(k, "key.add", "{\"project\":1,\"name\":\"before\"}"), 201, "a key");
    kit_kill(k);
    ok(kit_start(k), "after a kill");
    is_int(kit_number(k, "SELECT count(*) FROM key"), keys + 1, "there is one of it");
    is_int(kit_stop(k), 0, "the writer leaves");
    {
        char text[4096];

        is_int(writer_command_offline(&k->conf, "key.add", "{\"project\":\"default\"}", text,
                                      sizeof(text)),
               201, "a command without a server");
        is_int(kit_number(k, "SELECT count(*) FROM key"), keys + 2, "works on the folder");
        is_int(writer_command_offline(&k->conf, "user.list", "{}", text, sizeof(text)), 200,
               "as does a list");
        ok(strstr(text, "\"email\":\"owner@quern.local\""), "with what is in it");
        is_int(writer_command_offline(&k->conf, "key.add", "{", text, sizeof(text)), 400,
               "bad JSON is told");
    }
}

int main(void)
{
    struct kit k;

    kit_open(&k, "/tmp");
    if (!ok(kit_start(&k), "a writer"))
        return done_testing();
    test_projects(&k);
    test_users(&k);
    test_resolve(&k);
    test_next_release(&k);
    test_release_dates(&k);
    test_ignore(&k);
    test_windows(&k);
    test_assign(&k);
    test_comments(&k);
    test_delete(&k);
    test_merge(&k);
    test_unmerge(&k);
    test_releases(&k);
    test_large_settings(&k);
    test_crash(&k);
    kit_close(&k);
    return done_testing();
}
