/* cli_group.c -- `quern group`: what grouping makes of an event in a file, with no server about. It
 * goes the way of ingest: read, scrub, fill, group. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "master/cli.h"
#include "model/group.h"
#include "model/param.h"
#include "model/scrub.h"

enum { SAME_ISSUE, ANOTHER_ISSUE, UNREADABLE }; /* exit status */
#define FILE_MAX (32 * MIB)                     /* more than ingest takes; it is one file */

/* A file in memory, or standard input for "-". */
static bool read_file(const struct cli *cli, const char *path, size_t max, struct arena *a,
                      struct text *out)
{
    bool input = strcmp(path, "-") == 0;
    FILE *f = input ? stdin : fopen(path, "rb");
    char *bytes = f ? arena_alloc(a, max + 1) : NULL;
    size_t len = bytes ? fread(bytes, 1, max + 1, f) : 0;
    bool good = f && bytes && !ferror(f) && len <= max;

    if (!good)
        cli_fail(cli, UNREADABLE, "%s: %s", path,
                 len > max         ? "too large"
                 : !f || ferror(f) ? strerror(errno)
                                   : "no memory");
    if (f && !input)
        fclose(f);
    *out = (struct text){bytes, len};
    return good;
}

static bool read_event(const struct cli *cli, const char *path, struct arena *a, struct event *e)
{
    static const struct scrub_conf scrub = {.enabled = true, .defaults = true};
    struct event_context context = {.received_us = 0};
    enum event_rc rc;
    struct text body;

    if (!read_file(cli, path, FILE_MAX, a, &body))
        return false;
    if (!text_trim(body).len) {
        cli_fail(cli, UNREADABLE, "%s: there is nothing in it", path);
        return false;
    }
    rc = event_read(body, &context, a, e);
    if (rc == EVENT_OK && !scrub_event(e, &scrub, a))
        rc = EVENT_SPENT;
    if (rc == EVENT_OK)
        rc = event_fill(e, a);
    if (rc != EVENT_OK)
        cli_fail(cli, UNREADABLE, "%s: %s", path, event_rc_text(rc));
    return rc == EVENT_OK;
}

static bool read_rules(const struct cli *cli, struct arena *a, const struct group_rules **out)
{
    struct text finger = TEXT_NONE, stack = TEXT_NONE;
    struct group_rules_error error;

    *out = NULL;
    if (!cli->fingerprint_rules && !cli->stack_rules)
        return true;
    if ((cli->fingerprint_rules && !read_file(cli, cli->fingerprint_rules, 1 * MIB, a, &finger)) ||
        (cli->stack_rules && !read_file(cli, cli->stack_rules, 1 * MIB, a, &stack)))
        return false;
    *out = group_rules_compile(finger, stack, a, &error);
    if (!*out)
        cli_fail(cli, UNREADABLE, "%s, line %u, column %u: %.*s", error.which, error.line,
                 error.column, TEXT_ARG(error.reason));
    return *out;
}

static void print_hex(const uint8_t *bytes)
{
    for (unsigned i = 0; i < 16; i++)
        printf("%02x", bytes[i]);
}

static int explain(const struct cli *cli, const struct group_rules *rules, struct arena *a)
{
    struct group_result result;
    struct event e;
    struct buf out;

    buf_init(&out, a, 64 * KIB, 32 * MIB);
    if (!read_event(cli, cli->words[0], a, &e))
        return UNREADABLE;
    if (!group_explain(&e, rules, NULL, 0, a, &result, &out))
        return cli_fail(cli, UNREADABLE, "%s: takes too much memory", cli->words[0]);
    fwrite(out.at, 1, out.len, stdout);
    putchar('\n');
    return 0;
}

/* Would the second event join the issue that the first one makes in a fresh project? Its first key
 * that is known decides. */
static int compare(const struct cli *cli, const struct group_rules *rules, struct arena *a)
{
    const char *path[2] = {cli->words[0], cli->against};
    struct group_result r[2];
    struct event e;

    for (unsigned i = 0; i < 2; i++) {
        if (!read_event(cli, path[i], a, &e))
            return UNREADABLE;
        if (!group_event(&e, rules, a, &r[i]))
            return cli_fail(cli, UNREADABLE, "%s: takes too much memory", path[i]);
    }
    for (uint32_t i = 0; i < r[1].count; i++)
        for (uint32_t k = 0; k < r[0].count; k++)
            if (memcmp(r[1].hashes[i].bytes, r[0].hashes[k].bytes, 16) == 0) {
                printf("same issue: %s key ", r[1].hashes[i].variant);
                print_hex(r[1].hashes[i].bytes);
                printf(" (%.*s)\n", TEXT_ARG(r[1].hashes[i].reason));
                return SAME_ISSUE;
            }
    puts("another issue: no key in common");
    for (unsigned i = 0; i < 2; i++)
        for (uint32_t k = 0; k < r[i].count; k++) {
            printf("  %s %s ", path[i], r[i].hashes[k].variant);
            print_hex(r[i].hashes[k].bytes);
            printf(" (%.*s)\n", TEXT_ARG(r[i].hashes[k].reason));
        }
    return ANOTHER_ISSUE;
}

int cli_group(const struct cli *cli)
{
    const struct group_rules *rules;
    struct arena a;
    int status = UNREADABLE;

    if (!cli->mask == !cli->word_count)
        return cli_fail(cli, EX_USAGE, "give an event file, or --mask TEXT");
    arena_init(&a, 256 * MIB);
    if (cli->mask) {
        struct text t = param_message(text_of(cli->mask), &a);

        printf("%.*s\n", TEXT_ARG(t));
        status = 0;
    } else if (read_rules(cli, &a, &rules)) {
        status = cli->against ? compare(cli, rules, &a) : explain(cli, rules, &a);
    }
    arena_free(&a);
    return status;
}
