/* cli_issue.c -- `quern issue`: merging issues, and taking grouping hashes out of one again. Events
 * that come later follow the hashes. */
#include <stdio.h>
#include <sysexits.h>

#include "master/reach.h"

/* A number as the API writes it; 0: the word is none. */
static unsigned long long number_of(const struct cli *cli, const char *word)
{
    unsigned long long id = 0;

    if (!text_u64(text_of(word), &id) || id == 0) {
        cli_fail(cli, EX_USAGE, "\"%s\" is no number of an issue", word);
        return 0;
    }
    return id;
}

/* Send a command and see that it did what it is for: then its answer has that member. */
static int send_command(const struct cli *cli, struct reach *r, const char *command,
                        struct buf *args, const char *member, struct json **answer)
{
    int rc = reach_command(r, command, buf_result(args), answer);

    if (rc == 0 && !json_get(*answer, member))
        rc = cli_fail(cli, 1, "%s", reach_str(r, *answer, "detail"));
    return rc;
}

int cli_issue_merge(const struct cli *cli)
{
    struct json *answer;
    struct reach r;
    int rc = reach_open(cli, &r);
    struct buf b;

    if (rc != 0)
        goto out;
    b = reach_buf(&r);
    json_open(&b, NULL, '{');
    json_open(&b, "ids", '[');
    for (uint32_t i = 0; rc == 0 && i < cli->word_count; i++) {
        unsigned long long id = number_of(cli, cli->words[i]);

        if (!id)
            rc = EX_USAGE;
        json_uint(&b, NULL, id);
    }
    json_close(&b, ']');
    json_close(&b, '}');
    if (rc == 0)
        rc = send_command(cli, &r, "issue.merge", &b, "merge", &answer);
    if (rc == 0)
        printf("%s\n", reach_str(&r, json_get(answer, "merge"), "parent"));
out:
    reach_close(&r);
    return rc;
}

int cli_issue_unmerge(const struct cli *cli)
{
    unsigned long long id = number_of(cli, cli->words[0]);
    struct json *answer;
    struct reach r;
    struct buf b;
    int rc;

    if (!id)
        return EX_USAGE;
    if ((rc = reach_open(cli, &r)) == 0) {
        b = reach_buf(&r);
        json_open(&b, NULL, '{');
        json_uint(&b, "id", id);
        json_open(&b, "hashes", '[');
        for (uint32_t i = 1; i < cli->word_count; i++)
            json_str(&b, NULL, cli->words[i]);
        json_close(&b, ']');
        json_close(&b, '}');
        if ((rc = send_command(cli, &r, "issue.unmerge", &b, "id", &answer)) == 0)
            printf("%s\n", reach_str(&r, answer, "id"));
    }
    reach_close(&r);
    return rc;
}

int cli_issue_hashes(const struct cli *cli)
{
    unsigned long long id = number_of(cli, cli->words[0]);
    struct text body;
    struct json *list;
    struct reach r;
    int rc;

    if (!id)
        return EX_USAGE;
    if ((rc = reach_running(cli, &r)) == 0 &&
        (rc = reach_get(&r, arena_printf(&r.arena, "/api/0/issues/%llu/hashes/", id).at, &body)) ==
            0) {
        if (json_read(body, &r.arena, &list, NULL) != JSON_OK)
            rc = cli_fail(cli, EX_PROTOCOL, "the server's answer is no JSON");
        else if (cli->json)
            printf("%.*s\n", TEXT_ARG(body));
        else
            for (const struct json *row = list->child; row; row = row->next)
                printf("%s  %s\n", reach_str(&r, row, "id"), reach_str(&r, row, "reason"));
    }
    reach_close(&r);
    return rc;
}
