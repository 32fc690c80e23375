/* api_issue.c -- one issue: what it is, what happens to it. */
#include <string.h>

#include "proto/event.h"
#include "worker/api_activity.h"
#include "worker/api_release.h"
#include "worker/api_resources.h"
#include "worker/issue_list.h"
#include "worker/issue_view.h"
#include "worker/stored.h"

/* ---- finding it ---- */

static bool visible(struct api_call *c, int64_t id, int64_t *issue)
{
    struct stored_event any = {.issue = id};
    struct issue_row r;
    int64_t parent = stored_issue(c, &any); /* a merged one leads to where it went */

    if (!parent || !issue_row_get(c, parent, &r) || !api_project_by_id(c, r.project))
        return false;
    *issue = parent;
    return true;
}

static bool by_short_id(struct api_call *c, struct text name, int64_t *issue)
{
    const struct api_project *p;
    struct db_stmt *s;
    struct text slug;
    int64_t number;

    if (!issue_short_parse(name, &slug, &number) || !(p = api_project_find(c, slug)) ||
        !(s = api_query(c, "api_issue_by_short")))
        return false;
    db_int(s, "project", p->id);
    db_int(s, "short", number);
    return api_row(c, s) && visible(c, db_col_int(s, 0), issue);
}

bool issue_find(struct api_call *c, struct text name, int64_t *issue)
{
    unsigned long long id;

    if (text_u64(name, &id))
        return id <= INT64_MAX && visible(c, (int64_t)id, issue);
    return by_short_id(c, name, issue);
}

/* ---- showing it ---- */

static void write_tag_keys(struct api_call *c, int64_t issue)
{
    struct db_stmt *s = api_query(c, "api_issue_tag_keys");
    struct buf *b = &c->out;

    if (s)
        db_int(s, "issue", issue);
    json_open(b, "tags", '[');
    while (api_row(c, s)) {
        json_open(b, NULL, '{');
        json_text(b, "key", api_col(s, 0));
        json_text(b, "name", api_col(s, 0));
        json_int(b, "totalValues", db_col_int(s, 1));
        json_int(b, "uniqueValues", db_col_int(s, 2));
        json_close(b, '}');
    }
    json_close(b, ']');
}

static int64_t report_count(struct api_call *c, int64_t issue)
{
    struct db_stmt *s = api_query(c, "api_feedback_count");

    if (s)
        db_int(s, "issue", issue);
    return api_row(c, s) ? db_col_int(s, 0) : 0;
}

static void write_empty_lists(struct buf *b)
{
    static const char *const LISTS[] = {"seenBy",       "participants",   "pluginActions",
                                        "pluginIssues", "pluginContexts", "sentryAppIssues"};

    for (size_t i = 0; i < sizeof LISTS / sizeof *LISTS; i++) {
        json_open(b, LISTS[i], '[');
        json_close(b, ']');
    }
}

static void write_charts(struct api_call *c, const struct issue_row *r)
{
    struct issue_chart day = issue_chart_of("24h", NULL, c->now_ms),
                       month = issue_chart_of("30d", NULL, c->now_ms);

    json_open(&c->out, "stats", '{');
    issue_write_chart(c, r->id, &day);
    issue_write_chart(c, r->id, &month);
    json_close(&c->out, '}');
}

static void write_detail(struct api_call *c, int64_t issue)
{
    struct issue_view v = {.collapse_stats = true};
    struct buf *b = &c->out;
    struct issue_row r;

    if (!issue_row_get(c, issue, &r)) {
        api_missing(c);
        return;
    }
    json_open(b, NULL, '{');
    issue_write_members(c, &r, &v);
    write_charts(c, &r);
    activity_write(c, &r, ACTIVITY_SHOWN);
    json_int(b, "userReportCount", report_count(c, issue));
    release_write_short(c, "firstRelease", r.first_release);
    release_write_short(c, "lastRelease", r.last_release);
    write_tag_keys(c, issue);
    write_empty_lists(b);
    json_close(b, '}');
    api_done(c, 200);
}

void issue_get(struct api_call *c)
{
    write_detail(c, c->issue);
}

/* ---- changing it ---- */

/* "7", "user:7", a login name, or nothing: as the writer wants it, "user:7" or "". */
static bool read_assignee(struct api_call *c, struct json *v, struct text *out)
{
    struct text t = json_as_text(v, c->arena), digits = t;
    struct db_stmt *s;
    unsigned long long id = 0;

    *out = TEXT("");
    if (text_empty(t))
        return true;
    if (text_starts(t, "user:"))
        digits = text_cut(t, 5, t.len);
    if (text_u64(digits, &id)) {
        if (!(s = api_query(c, "api_user_by_id")))
            return false;
        db_int(s, "id", (int64_t)id);
    } else {
        if (!(s = api_query(c, "api_user_by_email")))
            return false;
        api_bind(s, "email", t);
    }
    if (!api_row(c, s)) {
        api_wrong(c, "assignedTo", "Unknown actor input");
        return false;
    }
    *out = arena_printf(c->arena, "user:%lld", (long long)db_col_int(s, 0));
    return true;
}

/* Old clients: {"status":"muted","snoozeDuration":null}. */
static void write_status_change(struct api_call *c, struct buf *b)
{
    struct json *snooze = json_get(c->body, "snoozeDuration"),
                *details = json_get(c->body, "statusDetails");
    struct text status = api_member(c, "status");

    if (status.at)
        json_text(b, "status", text_is(status, "muted") ? TEXT("ignored") : status);
    if (json_is(details, JSON_OBJECT)) {
        json_key(b, TEXT("statusDetails"));
        json_write(b, details);
    } else if (snooze && snooze->kind != JSON_NULL) {
        json_open(b, "statusDetails", '{');
        json_key(b, TEXT("ignoreDuration"));
        json_write(b, snooze);
        json_close(b, '}');
    }
}

static bool write_change(struct api_call *c, struct buf *b)
{
    static const char *const PASSED[] = {"substatus", "hasSeen", "isBookmarked", "priority"};
    struct json *v = json_get(c->body, "assignedTo");
    struct text assignee;

    write_status_change(c, b);
    for (size_t i = 0; i < sizeof PASSED / sizeof *PASSED; i++) {
        struct json *one = json_get(c->body, PASSED[i]);

        if (one && one->kind != JSON_NULL) {
            json_key(b, text_of(PASSED[i]));
            json_write(b, one);
        }
    }
    if (!v)
        return true;
    if (!read_assignee(c, v, &assignee))
        return false;
    json_text(b, "assignedTo", assignee);
    return true;
}

static void write_ids(struct buf *b, const int64_t *ids, uint32_t count)
{
    json_open(b, "ids", '[');
    for (uint32_t i = 0; i < count; i++)
        json_int(b, NULL, ids[i]);
    json_close(b, ']');
}

static struct text ids_only(struct api_call *c, const int64_t *ids, uint32_t count, bool discard)
{
    struct buf b = api_buf(c);

    json_open(&b, NULL, '{');
    write_ids(&b, ids, count);
    if (discard)
        json_bool(&b, "discard", true);
    json_close(&b, '}');
    return buf_result(&b);
}

static bool truthy(const struct json *v)
{
    bool yes = false;

    return v && (json_boolean(v, &yes) ? yes : v->kind == JSON_STRING && v->raw.len > 0);
}

static bool of_one_project(struct api_call *c, const int64_t *ids, uint32_t count)
{
    struct issue_row first, r;

    if (count == 0 || !issue_row_get(c, ids[0], &first))
        return true;
    for (uint32_t i = 1; i < count; i++)
        if (issue_row_get(c, ids[i], &r) && r.project != first.project)
            return false;
    return true;
}

static void merge(struct api_call *c, const int64_t *ids, uint32_t count)
{
    if (of_one_project(c, ids, count)) {
        api_command(c, "issue.merge", ids_only(c, ids, count, false), NULL);
        return;
    }
    json_open(&c->out, NULL, '{'); /* a 200, as Sentry has it */
    json_str(&c->out, "detail", "Merging across multiple projects is not supported");
    json_close(&c->out, '}');
    api_done(c, 200);
}

static void change(struct api_call *c, const int64_t *ids, uint32_t count, api_handler *then)
{
    struct buf b = api_buf(c);

    if (truthy(json_get(c->body, "discard"))) {
        if (!(c->caller.scopes & SCOPE(EVENT_ADMIN)))
            api_forbid(c);
        api_command(c, "issue.delete", ids_only(c, ids, count, true), NULL);
        return;
    }
    if (truthy(json_get(c->body, "merge"))) {
        merge(c, ids, count);
        return;
    }
    json_open(&b, NULL, '{');
    write_ids(&b, ids, count);
    if (!write_change(c, &b))
        return;
    json_close(&b, '}');
    api_command(c, "issue.update", buf_result(&b), then);
}

static void changed(struct api_call *c)
{
    write_detail(c, c->issue);
}

static bool has_object(struct api_call *c)
{
    if (json_is(c->body, JSON_OBJECT))
        return true;
    api_detail(c, 400, "The body must be a JSON object");
    return false;
}

void issue_put(struct api_call *c)
{
    if (has_object(c))
        change(c, &c->issue, 1, changed);
}

void issue_bulk_put(struct api_call *c)
{
    int64_t *ids = arena_alloc(c->arena, API_IDS_MAX * sizeof *ids);
    bool status = json_get(c->body, "status") != NULL;
    uint32_t count;

    if (!has_object(c) || !ids)
        return;
    count = issue_list_targets(c, ids, status); /* only a status may be set without naming ids */
    if (count == 0)
        api_empty(c, 204);
    else
        change(c, ids, count, NULL);
}

void issue_bulk_delete(struct api_call *c)
{
    int64_t *ids = arena_alloc(c->arena, API_IDS_MAX * sizeof *ids);
    uint32_t count = ids ? issue_list_targets(c, ids, api_param(c, "query").at != NULL) : 0;

    if (count == 0)
        api_empty(c, 204);
    else
        api_command(c, "issue.delete", ids_only(c, ids, count, false), NULL);
}

static void deleted(struct api_call *c)
{
    api_empty(c, 202); /* single: 202, bulk: 204 */
}

void issue_delete(struct api_call *c)
{
    api_command(c, "issue.delete", ids_only(c, &c->issue, 1, false), deleted);
}

/* ---- its parts ---- */

static void write_hash(struct api_call *c, struct db_stmt *s)
{
    struct buf *b = &c->out;
    size_t len;
    const void *hash = db_col_blob(s, 0, &len);

    json_open(b, NULL, '{');
    json_hex(b, "id", hash, len);
    json_text(b, "reason", api_col(s, 1));
    api_time(b, "dateCreated", db_col_int(s, 2));
    json_null(b, "latestEvent");
    json_close(b, '}');
}

void issue_hashes(struct api_call *c)
{
    struct db_stmt *s = api_query(c, "api_issue_hashes");
    struct api_page p;

    if (!s || !page_read(c, &p))
        return;
    db_int(s, "issue", c->issue);
    page_answer(c, s, &p, write_hash);
}

/* Unmerge: these fingerprints leave for an issue of their own. */
void issue_hashes_put(struct api_call *c)
{
    struct buf b = api_buf(c);
    uint32_t at = 0, n = 0;
    struct text id;
    uint8_t hash[16];

    json_open(&b, NULL, '{');
    json_int(&b, "id", c->issue);
    json_open(&b, "hashes", '[');
    while (api_param_next(c, "id", &at, &id)) {
        if (api_event_id(id, hash)) {
            json_hex(&b, NULL, hash, sizeof hash);
            n++;
        }
    }
    json_close(&b, ']');
    json_close(&b, '}');
    if (n == 0)
        api_detail(c, 400, "id must name at least one fingerprint");
    api_command(c, "issue.unmerge", buf_result(&b), NULL);
}

void issue_releases(struct api_call *c)
{
    struct issue_row r;

    if (!issue_row_get(c, c->issue, &r)) {
        api_missing(c);
        return;
    }
    json_open(&c->out, NULL, '{');
    api_id(&c->out, "id", r.id);
    release_write_short(c, "firstRelease", r.first_release);
    release_write_short(c, "lastRelease", r.last_release);
    json_close(&c->out, '}');
    api_done(c, 200);
}

/* The newest release that had this issue, in the environment asked for. */
void issue_current_release(struct api_call *c)
{
    struct db_stmt *s = api_query(c, "api_issue_last_release");
    struct text environment = api_param(c, "environment");
    struct buf *b = &c->out;
    int64_t release = 0;

    if (!s)
        return;
    db_int(s, "issue", c->issue);
    api_bind(s, "environment", environment);
    json_open(b, NULL, '{');
    if (api_row(c, s)) {
        json_open(b, "currentRelease", '{');
        json_text(b, "environment", api_col(s, 1));
        api_time(b, "firstSeen", db_col_int(s, 2));
        api_time(b, "lastSeen", db_col_int(s, 3));
        json_int(b, "count", db_col_int(s, 4));
        release = db_col_int(s, 0);
        release_write_short(c, "release", release);
        json_close(b, '}');
    } else {
        json_null(b, "currentRelease");
    }
    json_close(b, '}');
    api_done(c, 200);
}

void issue_stats(struct api_call *c)
{
    struct text period = api_param(c, "statsPeriod"), resolution = api_param(c, "resolution");
    struct issue_chart chart;
    struct api_range range;

    if (!range_read(c, 24 * 3600000LL, &range))
        return;
    range.given = true;
    chart = issue_chart_of(text_is(period, "24h") || text_is(resolution, "1h") ? "24h" : "auto",
                           &range, c->now_ms);
    chart.key = NULL; /* the list itself is the answer */
    issue_write_chart(c, c->issue, &chart);
    api_done(c, 200);
}

void issue_similar(struct api_call *c)
{
    json_open(&c->out, NULL, '[');
    json_close(&c->out, ']');
    api_done(c, 200);
}

/* ---- looking up by names that people paste ---- */

static void write_place(struct api_call *c, const struct issue_row *r)
{
    const struct api_project *p = api_project_by_id(c, r->project);

    json_text(&c->out, "organizationSlug", c->org_slug);
    json_text(&c->out, "projectSlug", p ? p->slug : TEXT(""));
    api_id(&c->out, "groupId", r->id);
}

void issue_short(struct api_call *c)
{
    struct issue_view v = {.chart = {.key = NULL}};
    struct issue_row r;
    int64_t issue;

    if (!issue_find(c, c->arg[0], &issue) || !issue_row_get(c, issue, &r)) {
        api_missing(c);
        return;
    }
    json_open(&c->out, NULL, '{');
    write_place(c, &r);
    json_key(&c->out, TEXT("group"));
    issue_write(c, &r, &v);
    json_text(&c->out, "shortId", issue_short_id(c, &r));
    json_close(&c->out, '}');
    api_done(c, 200);
}
