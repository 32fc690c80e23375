/* command_delete.c -- issues that are deleted; discarded: deleted, and further events of them dropped. */
#include "writer/command_issue.h"

static bool run_id(struct command *c, const char *name, uint32_t id)
{
    struct db_stmt *q = command_query(c, name);

    if (!q)
        return false;
    db_int_at(q, 1, id);
    return command_do(c, q);
}

static bool forget_hashes(struct command *c, uint32_t id)
{
    struct db_stmt *q = command_query(c, "hash_of_issue");
    const void *hash;
    size_t len;

    if (!q)
        return false;
    db_int_at(q, 1, id);
    while (command_row(c, q)) {
        hash = db_col_blob(q, 1, &len);
        if (hash && len == 16)
            command_hash(c, (uint32_t)db_col_int(q, 0), hash, 0);
    }
    db_reset(q);
    return run_id(c, "drop_hash", id);
}

static bool drop_rows(struct command *c, uint32_t id)
{
    static const char *const queries[] = {
        "drop_issue_hour",    "drop_issue_day",  "drop_issue_release", "drop_issue_tag",
        "drop_issue_tag_key", "drop_issue_user", "drop_activity",      "drop_feedback"};

    for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++)
        if (!run_id(c, queries[i], id))
            return false;
    return true;
}

/* Its number is remembered as used: events that carry it lie in the segments until they leave. */
static bool drop_issue(struct command *c, uint32_t id)
{
    if (!run_id(c, "issue_high", c->w->issue_high > id ? c->w->issue_high : id))
        return false;
    command_gone(c, id);
    return run_id(c, "drop_issue", id);
}

static uint32_t children(struct command *c, uint32_t id, uint32_t *out, uint32_t room)
{
    struct db_stmt *q = command_query(c, "issue_children");
    uint32_t count = 0;

    if (!q)
        return 0;
    db_int_at(q, 1, id);
    while (count < room && command_row(c, q))
        out[count++] = (uint32_t)db_col_int(q, 0);
    db_reset(q);
    return count;
}

bool command_issue_remove(struct command *c, uint32_t id)
{
    uint32_t child[64], count;

    while ((count = children(c, id, child, 64)) > 0)
        for (uint32_t i = 0; i < count; i++)
            if (!drop_rows(c, child[i]) || !drop_issue(c, child[i]))
                return false;
    return c->broken == DB_OK && forget_hashes(c, id) && drop_rows(c, id) && drop_issue(c, id);
}

static bool discard(struct command *c, uint32_t id)
{
    struct db_stmt *q = command_query(c, "issue_discard");

    if (!q)
        return false;
    db_int_at(q, 1, id);
    db_int_at(q, 2, c->now_ms);
    if (!command_do(c, q) || !drop_rows(c, id))
        return false;
    command_touch(c, id);
    return true;
}

uint16_t command_issue_delete(struct command *c)
{
    struct command_issue *issues;
    uint32_t count;
    bool keep = false;

    if (!command_issues(c, &issues, &count))
        return c->broken ? 500 : 400;
    json_boolean(json_get(c->args, "discard"), &keep);
    for (uint32_t i = 0; i < count; i++)
        if (!(keep ? discard(c, issues[i].id) : command_issue_remove(c, issues[i].id)))
            return 500;
    return command_empty(c, 204);
}
