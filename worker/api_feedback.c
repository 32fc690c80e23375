/* api_feedback.c -- what users wrote, by project and by issue. */
#include "worker/api_page.h"
#include "worker/api_resources.h"

/* Columns id, uid, event_id, issue_id, name, email, comments, url, source, created_ms. */
static void write_report(struct api_call *c, struct db_stmt *s)
{
    struct buf *b = &c->out;
    size_t len;
    const void *event = db_col_blob(s, 2, &len);

    json_open(b, NULL, '{');
    api_id(b, "id", db_col_int(s, 0));
    if (event)
        json_hex(b, "eventID", event, len);
    else
        json_null(b, "eventID");
    json_text(b, "name", api_col(s, 4));
    json_text(b, "email", api_col(s, 5));
    json_text(b, "comments", api_col(s, 6));
    json_text(b, "url", api_col(s, 7));
    json_text(b, "source", api_col(s, 8));
    api_time(b, "dateCreated", db_col_int(s, 9));
    json_null(b, "user");
    json_open(b, "event", '{');
    if (event) {
        json_hex(b, "id", event, len);
        json_hex(b, "eventID", event, len);
    } else {
        json_null(b, "id");
        json_null(b, "eventID");
    }
    json_close(b, '}');
    if (db_col_null(s, 3)) {
        json_null(b, "issue");
    } else {
        json_open(b, "issue", '{');
        api_id(b, "id", db_col_int(s, 3));
        json_close(b, '}');
    }
    json_close(b, '}');
}

void feedback_list(struct api_call *c)
{
    struct db_stmt *s = api_query(c, "api_feedback_of_project");
    struct api_page p;

    if (!s || !page_read(c, &p))
        return;
    db_int(s, "project", c->project->id);
    page_answer(c, s, &p, write_report);
}

static void posted(struct api_call *c)
{
    struct db_stmt *s = api_query(c, "api_feedback_by_id");

    if (s)
        db_int(s, "id", api_reply_id(c));
    if (!api_row(c, s)) {
        api_missing(c);
        return;
    }
    write_report(c, s);
    api_done(c, 200);
}

/* With a token; with a DSN it is take_feedback(). The writer says what is wrong with a field. */
void feedback_post(struct api_call *c)
{
    static const char *const FIELDS[] = {"event_id", "name", "email", "comments"};
    struct buf b = api_buf(c);

    json_open(&b, NULL, '{');
    json_int(&b, "project", c->project->id);
    api_forward(c, &b, FIELDS, sizeof FIELDS / sizeof *FIELDS);
    json_close(&b, '}');
    api_command(c, "feedback.add", buf_result(&b), posted);
}

void issue_user_reports(struct api_call *c)
{
    struct db_stmt *s = api_query(c, "api_feedback_of_issue");
    struct api_page p;

    if (!s || !page_read(c, &p))
        return;
    db_int(s, "issue", c->issue);
    page_answer(c, s, &p, write_report);
}
