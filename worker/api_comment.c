/* api_comment.c -- comments on an issue: activities of the type "note". */
#include "worker/api_activity.h"
#include "worker/api_resources.h"

#define SAME_WITHIN_MS 3600000

void comment_list(struct api_call *c)
{
    struct db_stmt *s;
    struct api_page p;

    if (!page_read(c, &p) || !(s = api_query(c, "api_comments")))
        return;
    db_int(s, "issue", c->issue);
    page_answer(c, s, &p, activity_write_row);
}

static bool read_text(struct api_call *c, struct text *text)
{
    *text = text_trim(api_member(c, "text"));
    if (!json_get(c->body, "text"))
        api_wrong(c, "text", "This field is required.");
    else if (text_empty(*text))
        api_wrong(c, "text", "This field may not be blank.");
    else if (text->len > COMMENT_MAX)
        api_wrong(c, "text", "Ensure this field has no more than 16384 characters.");
    return !c->refused;
}

static bool said_already(struct api_call *c, struct text text)
{
    struct db_stmt *s = api_query(c, "api_comments");
    bool same = false;

    if (!s)
        return false;
    db_int(s, "issue", c->issue);
    db_int(s, "limit", 20);
    db_int(s, "offset", 0);
    while (!same && api_row(c, s)) {
        struct json *data;

        same = db_col_int(s, 1) == c->caller.user &&
               db_col_int(s, 4) > c->now_ms - SAME_WITHIN_MS &&
               json_read(api_col(s, 3), c->arena, &data, NULL) == JSON_OK &&
               text_eq(json_string(json_get(data, "text"), c->arena), text);
    }
    db_reset(s);
    return same;
}

/* The row that the writer's answer {"id"} or the path names. False: there is none on this issue. */
static bool comment_row(struct api_call *c, int64_t id, struct db_stmt **out)
{
    struct db_stmt *s = api_query(c, "api_comment_by_id");

    if (!s)
        return false;
    db_int(s, "id", id);
    *out = s;
    return api_row(c, s) && db_col_int(s, 5) == c->issue && text_is(api_col(s, 2), "note");
}

static void answer(struct api_call *c, int64_t id, uint16_t status)
{
    struct db_stmt *s;

    if (!comment_row(c, id, &s)) {
        api_missing(c);
        return;
    }
    activity_write_row(c, s);
    api_done(c, status);
}

static void posted(struct api_call *c)
{
    answer(c, api_reply_id(c), 201);
}

void comment_post(struct api_call *c)
{
    struct buf b = api_buf(c);
    struct text text;

    if (!read_text(c, &text))
        return;
    if (said_already(c, text)) {
        api_detail(c, 400, "You have already posted that comment.");
        return;
    }
    json_open(&b, NULL, '{');
    json_int(&b, "issue", c->issue);
    json_text(&b, "text", text);
    json_close(&b, '}');
    api_command(c, "comment.add", buf_result(&b), posted);
}

/* Only whoever wrote it may change it. */
static bool own_comment(struct api_call *c, int64_t *id)
{
    unsigned long long n = 0;
    struct db_stmt *s;

    if (!text_u64(c->arg[0], &n) || !comment_row(c, (int64_t)n, &s)) {
        api_missing(c);
        return false;
    }
    if (c->caller.by != API_OPERATOR && db_col_int(s, 1) != c->caller.user) {
        api_forbid(c);
        return false;
    }
    *id = (int64_t)n;
    return true;
}

static void put(struct api_call *c)
{
    unsigned long long id = 0;

    text_u64(c->arg[0], &id);
    answer(c, (int64_t)id, 200);
}

void comment_put(struct api_call *c)
{
    struct buf b = api_buf(c);
    struct text text;
    int64_t id;

    if (!own_comment(c, &id) || !read_text(c, &text))
        return;
    json_open(&b, NULL, '{');
    json_int(&b, "id", id);
    json_text(&b, "text", text);
    json_close(&b, '}');
    api_command(c, "comment.update", buf_result(&b), put);
}

void comment_delete(struct api_call *c)
{
    struct buf b = api_buf(c);
    int64_t id;

    if (!own_comment(c, &id))
        return;
    json_open(&b, NULL, '{');
    json_int(&b, "id", id);
    json_close(&b, '}');
    api_command(c, "comment.delete", buf_result(&b), NULL);
}
