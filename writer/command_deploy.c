/* command_deploy.c -- a release reached an environment. */
#include "proto/limits.h"
#include "writer/command_parts.h"

#define NAME_MAX_LEN 64
#define URL_MAX_LEN 2048

struct deploy {
    int64_t release, started_ms, finished_ms; /* started: 0 for none */
    struct text environment, name, url;
};

/* As in events: what could not be told apart from a path is no name. */
static bool is_environment(struct text name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.at[i] == '/' || (unsigned char)name.at[i] < ' ')
            return false;
    return name.len <= EVENT_ENVIRONMENT_MAX;
}

static uint16_t read_deploy(struct command *c, struct deploy *d)
{
    d->environment = command_text(c, "environment");
    d->name = text_clip(command_text(c, "name"), NAME_MAX_LEN);
    d->url = command_text(c, "url");
    if (!d->environment.len)
        return command_wrong(c, "environment", "This field is required.");
    if (!is_environment(d->environment))
        return command_wrong(c, "environment", "Invalid value for environment.");
    if (d->url.len > URL_MAX_LEN)
        return command_wrong(c, "url", "Enter a valid URL.");
    if (!command_date(c, "dateStarted", &d->started_ms) ||
        !command_date(c, "dateFinished", &d->finished_ms))
        return 400;
    if (!d->finished_ms)
        d->finished_ms = c->now_ms;
    return 0;
}

static int64_t known(struct command *c, const struct deploy *d)
{
    struct db_stmt *q = command_query(c, "deploy_find");

    if (!q)
        return 0;
    db_int_at(q, 1, d->release);
    command_bind(q, 2, d->environment);
    return command_number(c, q, 0);
}

static int64_t count(struct command *c, int64_t release)
{
    struct db_stmt *q = command_query(c, "deploy_count");

    if (!q)
        return 0;
    db_int_at(q, 1, release);
    return command_number(c, q, 0);
}

static bool put(struct command *c, const struct deploy *d)
{
    struct db_stmt *q = command_query(c, "deploy_put");

    if (!q)
        return false;
    db_int(q, "release", d->release);
    command_bind_name(q, "environment", d->environment);
    command_bind_name(q, "name", d->name.len ? d->name : TEXT_NONE);
    command_bind_name(q, "url", d->url.len ? d->url : TEXT_NONE);
    if (d->started_ms)
        db_int(q, "started", d->started_ms);
    db_int(q, "finished", d->finished_ms);
    return command_do(c, q);
}

static bool has_release(struct command *c, int64_t id)
{
    struct db_stmt *q = command_query(c, "release_get");

    if (!q)
        return false;
    db_int_at(q, 1, id);
    return command_number(c, q, 0) != 0; /* its organisation */
}

uint16_t command_deploy_add(struct command *c)
{
    struct deploy d = {.started_ms = 0};
    uint16_t refused;

    if (!command_int(c, "release", &d.release) || !has_release(c, d.release))
        return command_missing(c);
    if ((refused = read_deploy(c, &d)) != 0)
        return refused;
    if (!known(c, &d) && count(c, d.release) >= DEPLOYS_MAX)
        return command_refuse(c, 400, "A release goes to at most %d environments.", DEPLOYS_MAX);
    if (!put(c, &d))
        return 500;
    return command_id(c, 201, known(c, &d));
}
