/* api_deploy.c -- where releases were deployed to: one row of a release and an environment. */
#include "worker/api_page.h"
#include "worker/api_release.h"
#include "worker/api_resources.h"

static void write_row(struct api_call *c, const char *key, struct db_stmt *s)
{
    struct buf *b = &c->out;

    json_open(b, key, '{');
    api_id(b, "id", db_col_int(s, 0));
    json_text(b, "environment", api_col(s, 1));
    json_text(b, "name", api_col(s, 2));
    json_text(b, "url", api_col(s, 3));
    api_time(b, "dateStarted", db_col_int(s, 4));
    api_time(b, "dateFinished", db_col_int(s, 5));
    json_close(b, '}');
}

static void write_one(struct api_call *c, struct db_stmt *s)
{
    write_row(c, NULL, s);
}

int64_t deploy_count(struct api_call *c, int64_t release)
{
    struct db_stmt *s = api_query(c, "api_deploy_count");

    if (s)
        db_int(s, "release", release);
    return api_row(c, s) ? db_col_int(s, 0) : 0;
}

/* Most releases have none: these cost one look into the index. */
void deploy_write_members(struct api_call *c, int64_t release)
{
    struct db_stmt *s = api_query(c, "api_deploys");
    bool some;

    if (s) {
        db_int(s, "release", release);
        db_int(s, "limit", 1);
        db_int(s, "offset", 0);
    }
    if ((some = api_row(c, s)))
        write_row(c, "lastDeploy", s);
    else
        json_null(&c->out, "lastDeploy");
    json_int(&c->out, "deployCount", some ? deploy_count(c, release) : 0);
}

void deploy_list(struct api_call *c)
{
    int64_t release = release_of_path(c);
    struct db_stmt *s;
    struct api_page p;

    if (!release || !page_read(c, &p) || !(s = api_query(c, "api_deploys")))
        return;
    db_int(s, "release", release);
    page_answer(c, s, &p, write_one);
}

static void posted(struct api_call *c)
{
    struct db_stmt *s = api_query(c, "api_deploy_by_id");

    if (s)
        db_int(s, "id", api_reply_id(c));
    if (!api_row(c, s)) {
        api_missing(c);
        return;
    }
    write_row(c, NULL, s);
    api_done(c, c->reply_status);
}

/* The writer says what is wrong with a field. */
void deploy_post(struct api_call *c)
{
    static const char *const FIELDS[] = {"environment", "name", "url", "dateStarted",
                                         "dateFinished"};
    int64_t release = release_of_path(c);
    struct buf b = api_buf(c);

    if (!release)
        return;
    json_open(&b, NULL, '{');
    json_int(&b, "release", release);
    api_forward(c, &b, FIELDS, sizeof FIELDS / sizeof *FIELDS);
    json_close(&b, '}');
    api_command(c, "deploy.add", buf_result(&b), posted);
}
