/* api_environment.c -- environments: where an application runs. */
#include "worker/api_resources.h"

static bool shown(const struct api_call *c, bool hidden)
{
    struct text visibility = api_param(c, "visibility");

    if (text_is(visibility, "all"))
        return true;
    return hidden == text_is(visibility, "hidden");
}

static bool check_visibility(struct api_call *c)
{
    struct text v = api_param(c, "visibility");

    if (!v.at || text_is(v, "all") || text_is(v, "hidden") || text_is(v, "visible"))
        return true;
    api_detail(c, 400, "Invalid value for 'visibility', valid values are: all, hidden, visible");
    return false;
}

/* Their names over all projects, each once: the rows come sorted by name. */
void environment_list(struct api_call *c)
{
    struct db_stmt *s = api_query(c, "api_environments");
    struct text last = TEXT_NONE;

    if (!s || !check_visibility(c))
        return;
    db_int(s, "org", c->org);
    json_open(&c->out, NULL, '[');
    while (api_row(c, s)) {
        if (!shown(c, db_col_int(s, 1) != 0) || (last.at && text_eq(last, api_col(s, 0))))
            continue;
        last = api_keep_col(c, s, 0);
        json_open(&c->out, NULL, '{');
        json_text(&c->out, "id", last);
        json_text(&c->out, "name", last);
        json_close(&c->out, '}');
    }
    json_close(&c->out, ']');
    api_done(c, 200);
}

/* Columns name, first_ms, last_ms, events, hidden. */
static void write_environment(struct api_call *c, struct db_stmt *s)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_text(b, "id", api_col(s, 0));
    json_text(b, "name", api_col(s, 0));
    json_bool(b, "isHidden", db_col_int(s, 4) != 0);
    api_time(b, "firstSeen", db_col_int(s, 1));
    api_time(b, "lastSeen", db_col_int(s, 2));
    json_int(b, "events", db_col_int(s, 3));
    json_close(b, '}');
}

static struct db_stmt *rows(struct api_call *c)
{
    struct db_stmt *s = api_query(c, "api_environments_of");

    if (s)
        db_int(s, "project", c->project->id);
    return s;
}

void environment_list_project(struct api_call *c)
{
    struct db_stmt *s = rows(c);

    if (!s || !check_visibility(c))
        return;
    json_open(&c->out, NULL, '[');
    while (api_row(c, s))
        if (shown(c, db_col_int(s, 4) != 0))
            write_environment(c, s);
    json_close(&c->out, ']');
    api_done(c, 200);
}

void environment_get(struct api_call *c)
{
    struct db_stmt *s = rows(c);

    while (api_row(c, s)) {
        if (text_eq(api_col(s, 0), c->arg[0])) {
            write_environment(c, s);
            api_done(c, 200);
            return;
        }
    }
    api_missing(c);
}

void environment_put(struct api_call *c)
{
    struct buf b = api_buf(c);
    bool hidden;

    if (!json_boolean(json_get(c->body, "isHidden"), &hidden)) {
        api_wrong(c, "isHidden", "This field is required.");
        return;
    }
    json_open(&b, NULL, '{');
    json_int(&b, "project", c->project->id);
    json_text(&b, "name", c->arg[0]);
    json_bool(&b, "hidden", hidden);
    json_close(&b, '}');
    api_command(c, "environment.update", buf_result(&b), environment_get);
}
