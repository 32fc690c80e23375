/* command_learn.c -- an issue learns grouping hashes that no event brought yet. Regrouping needs it:
 * rules or a new version of grouping give stored events other hashes, and the next event that
 * brings one of these is to find its issue and not to make another. */
#include "model/group.h"
#include "proto/hex.h"
#include "writer/command_issue.h"
#include "writer/command_parts.h"

enum { LEARN_MAX = 400 }; /* hashes of one command: COMMAND_MAX holds far more */

/* Hashes that belong to an issue already stay there: moving them is what unmerging is for. */
static bool learn_one(struct command *c, const struct command_issue *i, const uint8_t hash[16],
                      uint32_t *learnt)
{
    struct db_stmt *q = command_query(c, "hash_owner");

    if (!q)
        return false;
    db_int_at(q, 1, i->project);
    db_blob_at(q, 2, hash, 16);
    if (command_number(c, q, 0) != 0)
        return true;
    if (!(q = command_query(c, "hash_insert")))
        return false;
    db_int_at(q, 1, i->project);
    db_blob_at(q, 2, hash, 16);
    db_int_at(q, 3, i->id);
    db_int_at(q, 4, c->now_ms);
    db_int_at(q, 5, GROUP_VERSION);
    db_str_at(q, 6, "regrouped", 9);
    if (!command_do(c, q))
        return false;
    command_hash(c, i->project, hash, i->id);
    ++*learnt;
    return true;
}

uint16_t command_issue_learn(struct command *c)
{
    const struct json *list = json_get(c->args, "hashes");
    struct command_issue i;
    uint32_t learnt = 0, seen = 0;
    uint8_t hash[16];
    int64_t id = 0;

    command_int(c, "id", &id);
    if (!command_issue_get(c, id, &i))
        return command_missing(c);
    for (const struct json *v = json_is(list, JSON_ARRAY) ? list->child : NULL; v; v = v->next) {
        if (++seen > LEARN_MAX)
            return command_refuse(c, 400, "At most %d hashes at a time.", LEARN_MAX);
        if (!uuid_read(json_string(v, c->arena), hash))
            return command_wrong(c, "hashes", "32 hex digits each.");
        if (!learn_one(c, &i, hash, &learnt))
            return 500;
    }
    json_open(c->answer, NULL, '{');
    json_uint(c->answer, "learnt", learnt);
    json_close(c->answer, '}');
    return 200;
}
