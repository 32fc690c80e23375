/* command_issue.c -- what people do to issues: resolve, archive, reopen, assign, rank. */
#include <stdio.h>

#include "proto/event.h"
#include "proto/timestamp.h"
#include "writer/command_issue.h"

/* ---- targets ---- */

bool command_issue_get(struct command *c, int64_t id, struct command_issue *out)
{
    struct db_stmt *q = command_query(c, "issue_get");
    bool found;

    if (!q)
        return false;
    db_int_at(q, 1, id);
    if ((found = command_row(c, q))) {
        *out = (struct command_issue){.id = (uint32_t)db_col_int(q, 0),
                                      .project = (uint32_t)db_col_int(q, 1),
                                      .status = (uint8_t)db_col_int(q, 2),
                                      .type = (uint8_t)db_col_int(q, 3),
                                      .events = db_col_int(q, 4),
                                      .users = db_col_int(q, 5),
                                      .assignee = command_column(c, q, 8),
                                      .priority = command_column(c, q, 9)};
    }
    db_reset(q);
    return found;
}

bool command_issues(struct command *c, struct command_issue **out, uint32_t *count)
{
    const struct json *ids = json_get(c->args, "ids");
    struct command_issue *all;

    *count = 0;
    if (!json_is(ids, JSON_ARRAY) || ids->count > API_IDS_MAX) {
        command_wrong(c, "ids", "Expected a list of at most %d ids.", API_IDS_MAX);
        return false;
    }
    if (!(all = *out = arena_zero(c->arena, ids->count + 1, sizeof(*all))))
        return false;
    for (const struct json *v = ids->child; v; v = v->next) {
        bool twice = false;
        int64_t id;

        if (!json_int64(v, &id) || !command_issue_get(c, id, &all[*count]))
            continue; /* gone, or never there: passed over */
        for (uint32_t i = 0; i < *count; i++)
            twice |= all[i].id == all[*count].id;
        *count += !twice;
    }
    return c->broken == DB_OK;
}

/* ---- assigning ---- */

/* "7", "user:7", a name or an e-mail; empty: nobody. False: no such user. */
static bool read_assignee(struct command *c, uint32_t *user)
{
    struct text t = command_text(c, "assignedTo"), digits = t;
    struct db_stmt *q;
    unsigned long long id;

    *user = 0;
    if (!t.len)
        return true;
    if (text_starts(t, "user:"))
        digits = text_cut(t, 5, t.len);
    if (text_u64(digits, &id)) {
        if (!(q = command_query(c, "user_find")))
            return false;
        db_int_at(q, 1, (int64_t)id);
    } else {
        if (!(q = command_query(c, "user_named")))
            return false;
        command_bind(q, 1, t);
    }
    *user = (uint32_t)command_number(c, q, 0);
    return *user != 0;
}

static struct text assigned_data(struct command *c, uint32_t user)
{
    struct db_stmt *q = command_query(c, "user_find");
    char id[16];
    struct buf b;

    snprintf(id, sizeof(id), "%u", user);
    buf_init(&b, c->arena, 128, 4 * KIB);
    json_open(&b, NULL, '{');
    json_str(&b, "assignee", id);
    json_str(&b, "assigneeType", "user");
    if (q) {
        db_int_at(q, 1, user);
        json_text(&b, "assigneeEmail", command_row(c, q) ? command_column(c, q, 2) : TEXT_NONE);
        db_reset(q);
    }
    json_close(&b, '}');
    return buf_result(&b);
}

static bool assign(struct command *c, const struct command_issue *i, uint32_t user)
{
    struct text who = user ? arena_printf(c->arena, "user:%u", user) : TEXT_NONE;
    struct db_stmt *q;

    if (text_eq(who, i->assignee))
        return true;
    if (!(q = command_query(c, "issue_assign")))
        return false;
    db_int_at(q, 1, i->id);
    command_bind(q, 2, who);
    if (!command_do(c, q))
        return false;
    return user ? command_activity(c, i->id, "assigned", assigned_data(c, user))
                : command_activity(c, i->id, "unassigned", TEXT_NONE);
}

static bool assign_all(struct command *c, const struct command_issue *issues, uint32_t count)
{
    uint32_t user;

    if (!json_get(c->args, "assignedTo"))
        return true;
    if (!read_assignee(c, &user)) {
        command_wrong(c, "assignedTo", "Unknown actor input");
        return false;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!assign(c, &issues[i], user))
            return false;
    command_write_user(c, c->answer, "assignedTo", user);
    return true;
}

/* ---- flags and rank ---- */

static bool set_flag(struct command *c, const char *key, const char *query,
                     const struct command_issue *issues, uint32_t count)
{
    bool v;

    if (!json_boolean(json_get(c->args, key), &v))
        return true;
    for (uint32_t i = 0; i < count; i++) {
        struct db_stmt *q = command_query(c, query);

        if (!q)
            return false;
        db_int_at(q, 1, issues[i].id);
        db_int_at(q, 2, v);
        if (!command_do(c, q))
            return false;
    }
    json_bool(c->answer, key, v);
    return true;
}

static bool rank_all(struct command *c, const struct command_issue *issues, uint32_t count)
{
    struct text priority = command_text(c, "priority"), data;

    if (!priority.len)
        return true;
    if (!text_is(priority, "low") && !text_is(priority, "medium") && !text_is(priority, "high")) {
        command_wrong(c, "priority", "\"%.*s\" is not a valid choice.",
                      TEXT_ARG(text_clip(priority, 50)));
        return false;
    }
    data = arena_printf(c->arena, "{\"priority\":\"%.*s\"}", TEXT_ARG(priority));
    for (uint32_t i = 0; i < count; i++) {
        struct db_stmt *q;

        if (text_eq(priority, issues[i].priority))
            continue;
        if (!(q = command_query(c, "issue_priority")))
            return false;
        db_int_at(q, 1, issues[i].id);
        command_bind(q, 2, priority);
        if (!command_do(c, q) || !command_activity(c, issues[i].id, "set_priority", data))
            return false;
    }
    json_text(c->answer, "priority", priority);
    return true;
}

/* ---- all of it ---- */

uint16_t command_issue_update(struct command *c)
{
    struct command_issue *issues;
    uint32_t count;

    if (!command_issues(c, &issues, &count))
        return c->broken ? 500 : 400;
    if (!count)
        return command_empty(c, 204);
    json_open(c->answer, NULL, '{');
    /* A refusal has written its own answer over what was there; nothing of it is kept. */
    if (!command_status(c, issues, count) || !assign_all(c, issues, count) ||
        !set_flag(c, "hasSeen", "issue_flag_seen", issues, count) ||
        !set_flag(c, "isBookmarked", "issue_flag_bookmarked", issues, count) ||
        !rank_all(c, issues, count))
        return c->broken ? 500 : 400;
    json_close(c->answer, '}');
    for (uint32_t i = 0; i < count; i++)
        command_touch(c, issues[i].id);
    return 200;
}
