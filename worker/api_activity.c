/* api_activity.c -- the history of an issue. */
#include "worker/api_activity.h"

#include "worker/api_resources.h"

void activity_write_row(struct api_call *c, struct db_stmt *s)
{
    struct buf *b = &c->out;
    struct text data = api_col(s, 3);

    json_open(b, NULL, '{');
    api_id(b, "id", db_col_int(s, 0));
    json_text(b, "type", api_col(s, 2));
    json_raw(b, "data", text_empty(data) ? TEXT("{}") : data);
    api_time(b, "dateCreated", db_col_int(s, 4));
    json_null(b, "sentry_app");
    api_write_user(c, "user", db_col_int(s, 1));
    json_close(b, '}');
}

/* Kept nowhere: it follows from the issue itself. */
static void write_first_seen(struct api_call *c, const struct issue_row *r)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_str(b, "id", "0");
    json_str(b, "type", "first_seen");
    json_open(b, "data", '{');
    json_text(b, "priority", r->priority);
    json_close(b, '}');
    api_time(b, "dateCreated", r->first_ms);
    json_null(b, "sentry_app");
    json_null(b, "user");
    json_close(b, '}');
}

void activity_write(struct api_call *c, const struct issue_row *r, uint32_t limit)
{
    struct db_stmt *s = api_query(c, "api_activity");
    uint32_t n = 0;

    if (s) {
        db_int(s, "issue", r->id);
        db_int(s, "limit", limit);
    }
    json_open(&c->out, "activity", '[');
    for (; api_row(c, s); n++)
        if (!text_is(api_col(s, 2), "first_seen"))
            activity_write_row(c, s);
    if (n < limit)
        write_first_seen(c, r);
    json_close(&c->out, ']');
}

void activity_list(struct api_call *c)
{
    struct issue_row r;

    if (!issue_row_get(c, c->issue, &r)) {
        api_missing(c);
        return;
    }
    json_open(&c->out, NULL, '{');
    activity_write(c, &r, 1000);
    json_close(&c->out, '}');
    api_done(c, 200);
}
