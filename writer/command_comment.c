/* command_comment.c -- what people say about an issue: activities of the type "note". */
#include "writer/command_parts.h"

#define SAME_WITHIN_MS HOUR_MS

static struct text note_of(struct command *c, struct text text)
{
    struct buf b;

    buf_init(&b, c->arena, text.len + 64, 2 * COMMENT_MAX + 64 * KIB);
    json_open(&b, NULL, '{');
    json_text(&b, "text", text);
    json_close(&b, '}');
    return buf_result(&b);
}

static bool read_text(struct command *c, struct text *text)
{
    *text = command_text(c, "text");
    if (!text->len)
        command_wrong(c, "text", "This field may not be blank.");
    else if (text->len > COMMENT_MAX)
        command_wrong(c, "text", "Ensure this field has no more than %d characters.",
                      (int)COMMENT_MAX);
    else
        return true;
    return false;
}

static bool said_already(struct command *c, int64_t issue, struct text data)
{
    struct db_stmt *q = command_query(c, "comment_same");

    if (!q)
        return false;
    db_int_at(q, 1, issue);
    db_int_at(q, 2, c->actor);
    command_bind(q, 3, data);
    db_int_at(q, 4, c->now_ms - SAME_WITHIN_MS);
    return command_number(c, q, 0) == 1;
}

static bool count(struct command *c, int64_t issue, int by)
{
    struct db_stmt *q = command_query(c, "comment_count");

    if (!q)
        return false;
    db_int_at(q, 1, issue);
    db_int_at(q, 2, by);
    return command_do(c, q);
}

uint16_t command_comment_add(struct command *c)
{
    struct db_stmt *q = command_query(c, "comment_issue");
    struct text text, data;
    int64_t issue = 0, id;

    command_int(c, "issue", &issue);
    if (!q)
        return 500;
    db_int_at(q, 1, issue);
    if (!(issue = command_number(c, q, 0)))
        return command_missing(c);
    if (!read_text(c, &text))
        return 400;
    data = note_of(c, text);
    if (c->actor && said_already(c, issue, data))
        return command_refuse(c, 400, "You have already posted that comment.");
    if (!command_activity(c, (uint32_t)issue, "note", data))
        return 500;
    id = db_last_id(c->db);
    return count(c, issue, 1) ? command_id(c, 201, id) : 500;
}

/* The issue of a comment that the actor may change; 0: none such. */
static int64_t own_comment(struct command *c, int64_t *id)
{
    struct db_stmt *q = command_query(c, "comment_own");

    if (!q || !command_int(c, "id", id))
        return 0;
    db_int_at(q, 1, *id);
    db_int_at(q, 2, c->actor);
    return command_number(c, q, 0);
}

uint16_t command_comment_update(struct command *c)
{
    struct db_stmt *q;
    struct text text;
    int64_t id = 0;

    if (!own_comment(c, &id))
        return command_missing(c);
    if (!read_text(c, &text))
        return 400;
    if (!(q = command_query(c, "comment_update")))
        return 500;
    db_int_at(q, 1, id);
    command_bind(q, 2, note_of(c, text));
    return command_do(c, q) ? command_empty(c, 200) : 500;
}

uint16_t command_comment_delete(struct command *c)
{
    int64_t id = 0, issue = own_comment(c, &id);
    struct db_stmt *q;

    if (!issue)
        return command_missing(c);
    if (!(q = command_query(c, "comment_delete")))
        return 500;
    db_int_at(q, 1, id);
    return command_do(c, q) && count(c, issue, -1) ? command_empty(c, 204) : 500;
}
