/* command_status.c -- resolved, ignored, unresolved: with all the ways of saying so. */
#include <stdio.h>

#include "model/release.h"
#include "proto/timestamp.h"
#include "writer/command_issue.h"

#define MINUTE_MS INT64_C(60000)
#define WINDOW_MAX_MIN 10080      /* a week */
#define DURATION_MAX_MIN 52560000 /* a hundred years */
#define ESCALATION_FACTOR 5       /* more than so many times the busiest hour of a week … */
#define ESCALATION_LEAST 10       /* … and than this: what wakes an archived issue */
#define ESCALATION_HOURS (7 * 24)

/* ---- the release it is resolved in ---- */

struct resolution {
    int64_t release; /* release.id; 0: none named */
    bool next;       /* fixed after it */
    struct text version;
};

/* The current one: by version when all of them are versions, else by date. */
static bool current_release(struct command *c, uint32_t project, struct resolution *out)
{
    struct db_stmt *q = command_query(c, "release_newest");
    struct text best = TEXT_NONE, newest = TEXT_NONE;
    int64_t best_id = 0, newest_id = 0;
    bool ordered = true;
    int order;

    if (!q)
        return false;
    db_int_at(q, 1, project);
    while (command_row(c, q)) {
        struct text version = command_column(c, q, 1);

        if (!newest_id) {
            newest_id = best_id = db_col_int(q, 0);
            newest = best = version;
        } else if (!release_compare(version, best, &order)) {
            ordered = false;
        } else if (order > 0) {
            best = version;
            best_id = db_col_int(q, 0);
        }
    }
    db_reset(q);
    out->release = ordered ? best_id : newest_id;
    out->version = ordered ? best : newest;
    return out->release != 0;
}

static bool one_project(struct command *c, const struct command_issue *issues, uint32_t count,
                        const char *otherwise)
{
    for (uint32_t i = 1; i < count; i++) {
        if (issues[i].project != issues[0].project) {
            command_refuse(c, 400, "%s", otherwise);
            return false;
        }
    }
    return true;
}

static bool in_next(struct command *c, const struct command_issue *issues, uint32_t count,
                    struct resolution *out)
{
    if (!one_project(c, issues, count,
                     "Cannot set resolved in next release for multiple projects."))
        return false;
    if (!current_release(c, issues[0].project, out)) {
        command_refuse(c, 400,
                       "No release data present in the system to form a basis for 'Next Release'");
        return false;
    }
    out->next = true;
    return true;
}

static bool in_named(struct command *c, struct text version, const struct command_issue *issues,
                     uint32_t count, struct resolution *out)
{
    const struct project *p = writer_project(c->w, issues[0].project);
    struct db_stmt *q;

    if (!one_project(c, issues, count, "Cannot set resolved for multiple projects."))
        return false;
    if (text_is(version, "latest") ? !current_release(c, issues[0].project, out) : false)
        goto unknown;
    if (out->release)
        return true;
    if (!p || !(q = command_query(c, "release_of_project")))
        goto unknown;
    db_int_at(q, 1, p->id);
    db_int_at(q, 2, p->org);
    command_bind(q, 3, version);
    out->release = command_number(c, q, 0);
    out->version = version;
    if (out->release)
        return true;
unknown:
    command_wrong_in(c, "statusDetails", "inRelease",
                     "Unable to find a release with the given version.");
    return false;
}

static bool read_resolution(struct command *c, bool next, const struct command_issue *issues,
                            uint32_t count, struct resolution *out)
{
    const struct json *details = json_get(c->args, "statusDetails");
    struct text version = json_as_text(json_get(details, "inRelease"), c->arena);
    bool flag = false;

    *out = (struct resolution){0};
    if (json_get(details, "inCommit")) {
        command_wrong_in(c, "statusDetails", "inCommit", "Unable to find the given commit.");
        return false;
    }
    next |= json_boolean(json_get(details, "inNextRelease"), &flag) && flag;
    next |= json_boolean(json_get(details, "inUpcomingRelease"), &flag) && flag;
    if (next)
        return in_next(c, issues, count, out);
    return version.len ? in_named(c, text_trim(version), issues, count, out) : true;
}

static bool resolve(struct command *c, const struct command_issue *i, const struct resolution *r)
{
    struct db_stmt *q = command_query(c, "issue_resolve");
    const char *type = r->release ? "set_resolved_in_release" : "set_resolved";
    struct text data = TEXT_NONE;
    struct buf b;

    if (i->status == ISSUE_RESOLVED && !r->release)
        return true; /* it is; nothing happened */
    if (!q)
        return false;
    db_int(q, "id", i->id);
    db_int(q, "now", c->now_ms);
    if (c->actor)
        db_int(q, "actor", c->actor);
    if (r->release)
        db_int(q, "release", r->release);
    db_int(q, "next", r->next);
    if (!command_do(c, q))
        return false;
    if (r->release) {
        buf_init(&b, c->arena, 128, 8 * KIB);
        json_open(&b, NULL, '{');
        json_text(&b, "version", r->next ? TEXT("") : r->version); /* the next has no name yet */
        if (r->next) {
            json_text(&b, "current_release_version", r->version);
            json_bool(&b, "inNextRelease", true);
        }
        json_close(&b, '}');
        data = buf_result(&b);
    }
    return command_activity(c, i->id, type, data);
}

static bool resolve_all(struct command *c, bool next, const struct command_issue *issues,
                        uint32_t count)
{
    struct resolution r;

    if (!read_resolution(c, next, issues, count, &r))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!resolve(c, &issues[i], &r))
            return false;
    json_str(c->answer, "status", "resolved");
    json_open(c->answer, "statusDetails", '{');
    if (r.next)
        json_bool(c->answer, "inNextRelease", true);
    else if (r.release)
        json_text(c->answer, "inRelease", r.version);
    if (r.release)
        command_write_user(c, c->answer, "actor", c->actor);
    json_close(c->answer, '}');
    json_null(c->answer, "substatus");
    return true;
}

/* ---- archived ---- */

struct archive {
    const char *substatus;
    int64_t duration, count, window, users, user_window; /* minutes; 0: not asked for */
    int64_t until_ms;
};

static bool read_number(struct command *c, const char *key, int64_t max, int64_t *out)
{
    const struct json *v = json_get(json_get(c->args, "statusDetails"), key);

    *out = 0;
    if (!v || v->kind == JSON_NULL)
        return true;
    if (!json_int64(v, out) || *out < 0) {
        command_wrong_in(c, "statusDetails", key, "A valid integer is required.");
        return false;
    }
    if (*out > max) {
        command_wrong_in(c, "statusDetails", key,
                         "Ensure this value is less than or equal to %lld.", (long long)max);
        return false;
    }
    return true;
}

static bool read_archive(struct command *c, struct archive *a)
{
    struct text substatus = command_text(c, "substatus");
    int64_t us;

    *a = (struct archive){0};
    if (!read_number(c, "ignoreDuration", DURATION_MAX_MIN, &a->duration) ||
        !read_number(c, "ignoreCount", INT32_MAX, &a->count) ||
        !read_number(c, "ignoreWindow", WINDOW_MAX_MIN, &a->window) ||
        !read_number(c, "ignoreUserCount", INT32_MAX, &a->users) ||
        !read_number(c, "ignoreUserWindow", WINDOW_MAX_MIN, &a->user_window))
        return false;
    if (a->duration)
        a->until_ms = c->now_ms + a->duration * MINUTE_MS;
    else if (timestamp_json(json_get(json_get(c->args, "statusDetails"), "ignoreUntil"), &us))
        a->until_ms = us / 1000;
    if (a->until_ms || a->count || a->users)
        a->substatus = "archived_until_condition_met";
    else if (text_is(substatus, "archived_forever"))
        a->substatus = "archived_forever";
    else
        a->substatus = "archived_until_escalating";
    return true;
}

static void write_archive(struct command *c, struct buf *b, const char *key,
                          const struct archive *a)
{
    char at[TIMESTAMP_TEXT_MAX] = "";

    json_open(b, key, '{');
    if (a->until_ms) {
        timestamp_write(a->until_ms * 1000, at);
        json_str(b, "ignoreUntil", at);
    }
    if (a->duration)
        json_int(b, "ignoreDuration", a->duration);
    if (a->count)
        json_int(b, "ignoreCount", a->count);
    if (a->window)
        json_int(b, "ignoreWindow", a->window);
    if (a->users)
        json_int(b, "ignoreUserCount", a->users);
    if (a->user_window)
        json_int(b, "ignoreUserWindow", a->user_window);
    if (a->until_ms || a->count || a->users)
        command_write_user(c, b, "actor", c->actor);
    json_close(b, '}');
}

/* Sentry forecasts from a week of hourly counts; the limit of its forecast for a steady issue is five
 * times the largest of them. */
static int64_t escalation_limit(struct command *c, uint32_t issue)
{
    struct db_stmt *q = command_query(c, "issue_busiest_hour");
    int64_t limit;

    if (!q)
        return ESCALATION_LEAST;
    db_int_at(q, 1, issue);
    db_int_at(q, 2, c->now_ms / HOUR_MS - ESCALATION_HOURS);
    limit = ESCALATION_FACTOR * command_number(c, q, 0);
    return limit > ESCALATION_LEAST ? limit : ESCALATION_LEAST;
}

static bool archive(struct command *c, const struct command_issue *i, const struct archive *a,
                    struct text details)
{
    bool escalating = strcmp(a->substatus, "archived_until_escalating") == 0;
    int64_t hour = escalating ? escalation_limit(c, i->id) : 0;
    struct db_stmt *q = command_query(c, "issue_ignore");

    if (!q)
        return false;
    db_int(q, "id", i->id);
    db_int(q, "now", c->now_ms);
    db_str(q, "substatus", a->substatus, strlen(a->substatus));
    command_bind_name(q, "details", details);
    if (a->until_ms)
        db_int(q, "until", a->until_ms);
    if (a->count && !a->window)
        db_int(q, "events", i->events + a->count);
    if (a->count && a->window) {
        db_int(q, "count", a->count);
        db_int(q, "window", a->window * MINUTE_MS);
    }
    if (a->users) /* users are counted as a total: a window for them is not kept */
        db_int(q, "users", i->users + a->users);
    if (hour)
        db_int(q, "hour", hour);
    return command_do(c, q) && command_activity(c, i->id, "set_ignored", details);
}

static bool archive_all(struct command *c, const struct command_issue *issues, uint32_t count)
{
    struct archive a;
    struct buf b;

    if (!read_archive(c, &a))
        return false;
    buf_init(&b, c->arena, 256, 8 * KIB);
    write_archive(c, &b, NULL, &a);
    for (uint32_t i = 0; i < count; i++)
        if (!archive(c, &issues[i], &a, buf_result(&b)))
            return false;
    json_str(c->answer, "status", "ignored");
    write_archive(c, c->answer, "statusDetails", &a);
    json_str(c->answer, "substatus", a.substatus);
    return true;
}

/* ---- reopened ---- */

static bool reopen_all(struct command *c, const struct command_issue *issues, uint32_t count)
{
    struct db_stmt *q;

    for (uint32_t i = 0; i < count; i++) {
        if (issues[i].status == ISSUE_UNRESOLVED)
            continue;
        if (!(q = command_query(c, "issue_reopen")))
            return false;
        db_int(q, "id", issues[i].id);
        db_str(q, "substatus", "ongoing", 7);
        db_int(q, "now", c->now_ms);
        if (!command_do(c, q) || !command_activity(c, issues[i].id, "set_unresolved", TEXT_NONE))
            return false;
    }
    json_str(c->answer, "status", "unresolved");
    json_open(c->answer, "statusDetails", '{');
    json_close(c->answer, '}');
    json_str(c->answer, "substatus", "ongoing");
    return true;
}

bool command_status(struct command *c, const struct command_issue *issues, uint32_t count)
{
    struct text status = command_text(c, "status");
    bool done;

    if (!status.len)
        return true;
    if (text_is(status, "resolved") || text_is(status, "resolvedInNextRelease"))
        done = resolve_all(c, status.len > 8, issues, count);
    else if (text_is(status, "ignored") || text_is(status, "muted"))
        done = archive_all(c, issues, count);
    else if (text_is(status, "unresolved"))
        done = reopen_all(c, issues, count);
    else {
        command_wrong(c, "status", "\"%.*s\" is not a valid choice.",
                      TEXT_ARG(text_clip(status, 50)));
        return false;
    }
    if (done)
        json_null(c->answer, "inbox");
    return done;
}
