/* cli_project.c -- projects and their keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "master/reach.h"
#include "proto/limits.h"

typedef int args_writer(const struct cli *cli, struct buf *args); /* exit status */

/* One command with the arguments that `write` gives; its answer printed by `print`, if that is asked for. */
static int run(const struct cli *cli, const char *command, args_writer *write, reach_printer *print)
{
    struct json *answer;
    struct reach r;
    struct buf b;
    int rc = reach_open(cli, &r);

    if (rc == 0) {
        b = reach_buf(&r);
        json_open(&b, NULL, '{');
        rc = write(cli, &b);
        json_close(&b, '}');
    }
    if (rc == 0)
        rc = reach_command(&r, command, buf_result(&b), &answer);
    if (rc == 0 && print)
        cli->json ? reach_print_json(&r, answer) : print(&r, answer);
    reach_close(&r);
    return rc;
}

static int write_project(const struct cli *cli, struct buf *args)
{
    json_str(args, "org", cli->org ? cli->org : "default");
    json_str(args, "name", cli->words[0]);
    if (cli->platform)
        json_str(args, "platform", cli->platform);
    return 0;
}

static void print_new_project(struct reach *r, const struct json *answer)
{
    printf("%s\n", reach_dsn(r, reach_str(r, answer, "publicKey"), reach_str(r, answer, "id")));
}

int cli_project_add(const struct cli *cli)
{
    return run(cli, "project.add", write_project, print_new_project);
}

static void print_project(struct reach *r, const struct json *row)
{
    const char *key = reach_str(r, row, "publicKey");

    printf("%-6s %-24s %s\n", reach_str(r, row, "id"), reach_str(r, row, "slug"),
           *key ? reach_dsn(r, key, reach_str(r, row, "id")) : "(no active key)");
}

int cli_project_list(const struct cli *cli)
{
    return reach_print_list(cli, "project.list", print_project);
}

static void print_key(struct reach *r, const struct json *row)
{
    const struct json *limit = json_get(row, "rateLimit");
    char rate[64] = "no limit";

    if (json_is(limit, JSON_OBJECT))
        snprintf(rate, sizeof(rate), "%s/%s s", reach_str(r, limit, "count"),
                 reach_str(r, limit, "window"));
    printf("%s  %-8s %-14s %-20s %s\n", reach_str(r, row, "key"),
           strcmp(reach_str(r, row, "isActive"), "true") == 0 ? "enabled" : "disabled", rate,
           reach_str(r, row, "projectSlug"), reach_str(r, row, "name"));
}

int cli_key_list(const struct cli *cli)
{
    return reach_print_list(cli, "key.list", print_key);
}

/* "COUNT/SECONDS" → "rateLimit":{…}; "none" → null. False: it is neither. */
static bool add_rate(struct buf *b, const char *text)
{
    char *end;
    long count, window;

    if (strcmp(text, "none") == 0) {
        json_null(b, "rateLimit");
        return true;
    }
    count = strtol(text, &end, 10);
    if (end == text || *end != '/' || count < 1)
        return false;
    window = strtol(end + 1, &end, 10);
    if (*end || window < 1)
        return false;
    json_open(b, "rateLimit", '{');
    json_int(b, "count", count);
    json_int(b, "window", window);
    json_close(b, '}');
    return true;
}

static int write_rate(const struct cli *cli, struct buf *args, const char *rate)
{
    if (add_rate(args, rate))
        return 0;
    return cli_fail(cli, EX_USAGE, "\"%s\" is no COUNT/SECONDS, such as 1000/60", rate);
}

static int write_key(const struct cli *cli, struct buf *args)
{
    json_str(args, "project", cli->words[0]);
    if (cli->name)
        json_str(args, "name", cli->name);
    return cli->rate ? write_rate(cli, args, cli->rate) : 0;
}

static void print_new_key(struct reach *r, const struct json *answer)
{
    printf("%s\n", reach_dsn(r, reach_str(r, answer, "id"), reach_str(r, answer, "projectId")));
}

int cli_key_add(const struct cli *cli)
{
    return run(cli, "key.add", write_key, print_new_key);
}

/* key enable, key disable, key limit */
static int write_change(const struct cli *cli, struct buf *args)
{
    const char *verb = strchr(cli->command->name, ' ') + 1;

    json_str(args, "key", cli->words[0]);
    if (strcmp(verb, "limit") == 0)
        return write_rate(cli, args, cli->words[1]);
    json_bool(args, "isActive", strcmp(verb, "enable") == 0);
    return 0;
}

int cli_key_update(const struct cli *cli)
{
    return run(cli, "key.update", write_change, NULL);
}

static int write_name(const struct cli *cli, struct buf *args)
{
    json_str(args, "key", cli->words[0]);
    return 0;
}

int cli_key_delete(const struct cli *cli)
{
    return run(cli, "key.delete", write_name, NULL);
}
