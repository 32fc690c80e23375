/* cli_regroup.c -- `quern regroup`: group stored events again, under the rules that hold now (or
 * others, to see what they would do), and say which issues would become one and which would fall
 * apart; then do it. Ingest goes on meanwhile: documents are read in pages, keys are computed here,
 * and what is to change goes to the writer as commands, one at a time.
 *
 * The events are taken oldest first, as they came: the first key that is known decides, the others
 * are learnt. An issue keeps its number in the group that most of its events fall into. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "master/reach.h"
#include "master/regroup.h"
#include "model/group.h"

enum { EVENTS_DEFAULT = 100000 }; /* some 10 MB of keys */

/* ---- progress ---- */

/* A line on standard error, at most one a second: the answer goes to standard output. */
struct progress {
    time_t told;
};

static void say_progress(struct progress *p, const char *what, uint32_t done, uint64_t of)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec == p->told)
        return;
    p->told = now.tv_sec;
    fprintf(stderr, "%s: %u of %llu\n", what, done, (unsigned long long)of);
}

/* ---- reading ---- */

static bool rules_of_files(struct reach *r, struct text *finger, struct text *stack)
{
    const char *path[2] = {r->cli->fingerprint_rules, r->cli->stack_rules};
    struct text *out[2] = {finger, stack};

    for (unsigned i = 0; i < 2; i++) {
        FILE *f = path[i] ? fopen(path[i], "rb") : NULL;
        char *bytes = path[i] ? arena_alloc(&r->arena, COMMAND_MAX) : NULL;

        if (!path[i])
            continue;
        if (!f || !bytes) {
            cli_fail(r->cli, EX_NOINPUT, "%s cannot be read", path[i]);
            return false;
        }
        *out[i] = (struct text){bytes, fread(bytes, 1, COMMAND_MAX, f)};
        fclose(f);
    }
    return true;
}

/* The project's rules, or in their place those of files. */
static int read_rules(struct reach *r, const char *project, const struct group_rules **out)
{
    struct group_rules_error error;
    struct text body, finger, stack, path;
    struct json *settings;
    int rc;

    path = arena_printf(&r->arena, "/api/0/projects/%s/%s/", r->cli->org ? r->cli->org : "default",
                        project);
    if ((rc = reach_get(r, path.at, &body)) != 0)
        return rc;
    if (json_read(body, &r->arena, &settings, NULL) != JSON_OK)
        return cli_fail(r->cli, EX_PROTOCOL, "the server's answer is no JSON");
    finger = json_string(json_get(settings, "fingerprintingRules"), &r->arena);
    stack = json_string(json_get(settings, "groupingEnhancements"), &r->arena);
    if (!rules_of_files(r, &finger, &stack))
        return EX_NOINPUT;
    *out = group_rules_compile(finger, stack, &r->arena, &error);
    if (!*out)
        return cli_fail(r->cli, EX_DATAERR, "%s, line %u, column %u: %.*s", error.which, error.line,
                        error.column, TEXT_ARG(error.reason));
    return 0;
}

/* The keys that a stored document has now. */
static bool keys_of(struct text document, const struct group_rules *rules, struct arena *a,
                    struct group_result *out)
{
    struct event_context context = {.received_us = 0};
    struct event e;

    if (event_read(document, &context, a, &e) != EVENT_OK || event_fill(&e, a) != EVENT_OK)
        return false;
    group_restore(&e);
    return group_event(&e, rules, a, out);
}

static void take_event(struct regroup *g, const struct json *v, const struct group_rules *rules,
                       struct arena *a)
{
    struct group_result keys;
    int64_t seq = 0, issue = 0;
    struct buf document;

    buf_init(&document, a, 64 * KIB, 16 * MIB);
    json_write(&document, json_get(v, "event"));
    json_int64(json_get(v, "seq"), &seq);
    json_int64(json_get(v, "issue"), &issue);
    if (issue > 0 && keys_of(buf_result(&document), rules, a, &keys))
        regroup_event(g, (uint64_t)seq, (uint32_t)issue, json_string(json_get(v, "hash"), a),
                      &keys);
    else
        g->unreadable++;
}

static int read_events(struct reach *r, const char *project, uint64_t limit,
                       const struct group_rules *rules, struct regroup *g, struct progress *p)
{
    struct arena page, one;
    int64_t next = -1;
    int rc = 0;

    arena_init(&page, REQUEST_ARENA_MAX);
    arena_init(&one, REQUEST_ARENA_MAX);
    do {
        struct arena kept = r->arena; /* each page in memory of its own */
        struct text path, body;
        struct json *answer;

        r->arena = page;
        path = arena_printf(&r->arena, "/api/0/projects/%s/%s/grouping-events/",
                            r->cli->org ? r->cli->org : "default", project);
        if (next >= 0)
            path = arena_printf(&r->arena, "%s?before=%lld", path.at, (long long)next);
        if ((rc = reach_get(r, path.at, &body)) == 0 &&
            json_read(body, &r->arena, &answer, NULL) != JSON_OK)
            rc = cli_fail(r->cli, EX_PROTOCOL, "the server's answer is no JSON");
        next = -1;
        if (rc == 0) {
            const struct json *list = json_get(answer, "events");

            for (const struct json *v = list ? list->child : NULL; v; v = v->next) {
                take_event(g, v, rules, &one);
                arena_reset(&one);
            }
            json_int64(json_get(answer, "next"), &next);
        }
        say_progress(p, "events read, at most", g->count, limit);
        page = r->arena;
        r->arena = kept;
        arena_reset(&page);
    } while (rc == 0 && next > 0 && g->count < limit && !g->failed);
    arena_free(&one);
    arena_free(&page);
    return rc;
}

/* ---- telling ---- */

static void tell(const struct cli *cli, const struct regroup *g)
{
    if (cli->json) {
        printf("{\"events\":%u,\"unreadable\":%u,\"issues\":%u,\"groups\":%u,\"merges\":[",
               g->count, g->unreadable, g->issue_count, g->group_count);
        regroup_print_merges(g, stdout, true);
        fputs("],\"splits\":[", stdout);
        regroup_print_splits(g, stdout, true);
        puts("]}");
        return;
    }
    printf("%u events of %u issues fall into %u groups", g->count, g->issue_count, g->group_count);
    printf(g->unreadable ? "; %u could not be read\n" : "\n", g->unreadable);
    regroup_print_merges(g, stdout, false);
    regroup_print_splits(g, stdout, false);
    if (!regroup_changes(g))
        puts("nothing would change");
}

/* ---- doing ---- */

static void write_hashes(struct buf *b, const uint8_t (*hashes)[16], uint32_t count)
{
    json_open(b, "hashes", '[');
    for (uint32_t i = 0; i < count; i++)
        json_hex(b, NULL, hashes[i], 16);
    json_close(b, ']');
}

/* Part of an issue leaves for one of its own; *to is its number. */
static int split_off(struct reach *r, const struct regroup_part *part, uint32_t *to)
{
    struct buf b = reach_buf(r);
    struct json *answer;
    int64_t id = 0;
    int rc;

    json_open(&b, NULL, '{');
    json_uint(&b, "id", part->issue);
    write_hashes(&b, (const uint8_t(*)[16])part->hashes, part->hash_count);
    json_close(&b, '}');
    if ((rc = reach_command(r, "issue.unmerge", buf_result(&b), &answer)) != 0)
        return rc;
    json_int64(json_get(answer, "id"), &id);
    *to = (uint32_t)id;
    return 0;
}

static int merge(struct reach *r, const uint32_t *issues, uint32_t count, uint32_t *parent)
{
    struct buf b = reach_buf(r);
    struct json *answer;
    int64_t id = 0;
    int rc;

    json_open(&b, NULL, '{');
    json_open(&b, "ids", '[');
    for (uint32_t i = 0; i < count; i++)
        json_uint(&b, NULL, issues[i]);
    json_close(&b, ']');
    json_close(&b, '}');
    if ((rc = reach_command(r, "issue.merge", buf_result(&b), &answer)) != 0)
        return rc;
    if (json_int64(json_get(json_get(answer, "merge"), "parent"), &id))
        *parent = (uint32_t)id;
    return 0;
}

static int learn(struct reach *r, uint32_t issue, const uint8_t (*hashes)[16], uint32_t count)
{
    struct json *answer;
    int rc = 0;

    for (uint32_t at = 0; rc == 0 && at < count; at += 200) {
        struct buf b = reach_buf(r);

        json_open(&b, NULL, '{');
        json_uint(&b, "id", issue);
        write_hashes(&b, hashes + at, count - at < 200 ? count - at : 200);
        json_close(&b, '}');
        rc = reach_command(r, "issue.learn", buf_result(&b), &answer);
    }
    return rc;
}

/* One group: its parts become one issue, and that learns its keys. */
static int settle(struct reach *r, struct regroup *g, uint32_t from, uint32_t end)
{
    uint8_t keys[400][16];
    uint32_t issues[REGROUP_PARTS_MAX], count = 0, target, key_count;
    int rc = 0;

    key_count = regroup_new_keys(g, from, end, keys, 400);
    if (key_count == 0)
        return 0;
    for (uint32_t p = from; p < end && count < REGROUP_PARTS_MAX; p++) {
        const struct regroup_part *part = &g->parts[p];

        if (part->home)
            issues[count++] = part->issue;
        else if (!part->separable)
            continue; /* its hashes are those of events that stay */
        else if ((rc = split_off(r, part, &issues[count])) != 0)
            return rc;
        else
            count++;
    }
    if (count == 0)
        return 0;
    target = issues[0];
    if (count > 1)
        rc = merge(r, issues, count, &target);
    return rc != 0 ? rc : learn(r, target, (const uint8_t(*)[16])keys, key_count);
}

static int carry_out(struct reach *r, struct regroup *g, struct progress *p)
{
    int rc = 0;

    for (uint32_t from = 0, end; rc == 0 && from < g->part_count; from = end) {
        end = regroup_group_end(g, from);
        rc = settle(r, g, from, end);
        say_progress(p, "parts of issues settled", end, g->part_count);
        arena_reset(&r->arena);
    }
    return rc;
}

int cli_regroup(const struct cli *cli)
{
    const char *project = cli->project ? cli->project : "default";
    const struct group_rules *rules;
    unsigned long long limit = EVENTS_DEFAULT;
    struct progress progress = {0};
    struct regroup g;
    struct reach r;
    int rc;

    if (cli->limit && !text_u64(text_of(cli->limit), &limit))
        return cli_fail(cli, EX_USAGE, "--limit wants a number of events");
    if (!cli->dry_run && (cli->fingerprint_rules || cli->stack_rules))
        return cli_fail(cli, EX_USAGE,
                        "rules of files are for --dry-run: save them in the project");
    regroup_init(&g);
    if ((rc = reach_running(cli, &r)) == 0 && (rc = read_rules(&r, project, &rules)) == 0 &&
        (rc = read_events(&r, project, limit, rules, &g, &progress)) == 0) {
        if (!regroup_assign(&g))
            rc = cli_fail(cli, EX_OSERR, "not enough memory for %u events", g.count);
        else
            tell(cli, &g);
        if (rc == 0 && !cli->dry_run)
            rc = carry_out(&r, &g, &progress);
    }
    regroup_free(&g);
    reach_close(&r);
    return rc;
}
