/* issue_view.c -- a row of the table issue and its aggregates, as JSON. */
#include "worker/issue_view.h"

#include <stdio.h>
#include <string.h>

#include "proto/event.h"
#include "shm/issue.h"

#define HOUR_MS 3600000LL
#define DAY_MS 86400000LL
#define CHART_BUCKETS_MAX 96

/* Crockford's base 32: no I, L, O, U. */
static const char ALPHABET[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

bool issue_row_get(struct api_call *c, int64_t id, struct issue_row *r)
{
    struct db_stmt *s = api_query(c, "api_issue_by_id");

    if (!s)
        return false;
    db_int(s, "id", id);
    if (!api_row(c, s))
        return false;
    *r = (struct issue_row){
        .id = db_col_int(s, 0),
        .project = db_col_int(s, 1),
        .number = db_col_int(s, 2),
        .status = (int)db_col_int(s, 3),
        .substatus = api_keep_col(c, s, 4),
        .level = (int)db_col_int(s, 5),
        .type = (int)db_col_int(s, 6),
        .platform = api_keep_col(c, s, 7),
        .logger = api_keep_col(c, s, 8),
        .title = api_keep_col(c, s, 9),
        .culprit = api_keep_col(c, s, 10),
        .metadata = api_keep_col(c, s, 11),
        .first_ms = db_col_int(s, 12),
        .last_ms = db_col_int(s, 13),
        .events = db_col_int(s, 14),
        .users = db_col_int(s, 15),
        .unhandled = db_col_int(s, 16),
        .first_seq = (uint64_t)db_col_int(s, 17),
        .last_seq = (uint64_t)db_col_int(s, 18),
        .first_release = db_col_int(s, 19),
        .last_release = db_col_int(s, 20),
        .priority = api_keep_col(c, s, 21),
        .assignee = api_keep_col(c, s, 22),
        .resolved_ms = db_col_int(s, 23),
        .resolved_by = db_col_int(s, 24),
        .resolved_in = db_col_int(s, 25),
        .resolved_next = db_col_int(s, 26),
        .ignore_details = api_keep_col(c, s, 27),
        .bookmarked = db_col_int(s, 28),
        .has_seen = db_col_int(s, 29),
        .merged_into = db_col_int(s, 30),
        .comments = db_col_int(s, 31),
    };
    db_reset(s);
    return true;
}

/* ---- short ids ---- */

struct text issue_short_id(struct api_call *c, const struct issue_row *r)
{
    const struct api_project *p = api_project_by_id(c, r->project);
    char digits[16], *slug;
    size_t n = sizeof digits;
    uint64_t left = (uint64_t)r->number;
    struct text out;

    do {
        digits[--n] = ALPHABET[left & 31];
        left >>= 5;
    } while (left);
    out = arena_printf(c->arena, "%.*s-%.*s", TEXT_ARG(p ? p->slug : TEXT("?")),
                       (int)(sizeof digits - n), digits + n);
    slug = (char *)out.at;
    for (size_t i = 0; slug && i < out.len; i++)
        if (slug[i] >= 'a' && slug[i] <= 'z')
            slug[i] = (char)(slug[i] - 32);
    return out;
}

static int digit_value(char c)
{
    const char *at;

    if (c >= 'a' && c <= 'z')
        c = (char)(c - 32);
    if (c == 'I' || c == 'L')
        c = '1';
    if (c == 'O')
        c = '0';
    at = c ? strchr(ALPHABET, c) : NULL;
    return at ? (int)(at - ALPHABET) : -1;
}

bool issue_short_parse(struct text name, struct text *slug, int64_t *number)
{
    size_t dash = name.len;

    while (dash > 0 && name.at[dash - 1] != '-')
        dash--;
    if (dash < 2 || dash == name.len || name.len - dash > 12)
        return false;
    *slug = text_cut(name, 0, dash - 1);
    *number = 0;
    for (size_t i = dash; i < name.len; i++) {
        int digit = digit_value(name.at[i]);

        if (digit < 0)
            return false;
        *number = *number * 32 + digit;
    }
    return true;
}

/* ---- figures ---- */

struct issue_chart issue_chart_of(const char *key, const struct api_range *range, int64_t now_ms)
{
    struct issue_chart chart = {.key = key};
    int64_t from = now_ms - 14 * DAY_MS, to = now_ms;

    if (!key || !*key)
        return (struct issue_chart){.key = NULL};
    if (strcmp(key, "24h") == 0) {
        from = now_ms - 23 * HOUR_MS;
    } else if (strcmp(key, "14d") == 0) {
        from = now_ms - 13 * DAY_MS;
    } else if (strcmp(key, "30d") == 0) {
        from = now_ms - 29 * DAY_MS;
    } else if (range && range->given) {
        from = range->from_ms;
        to = range->to_ms - 1;
    }
    chart.days = to - from > 72 * HOUR_MS;
    int64_t unit = chart.days ? DAY_MS : HOUR_MS;

    chart.first = from / unit;
    chart.buckets = (uint32_t)(to / unit - chart.first + 1);
    if (to / unit - chart.first + 1 > CHART_BUCKETS_MAX) { /* the newest ones */
        chart.buckets = CHART_BUCKETS_MAX;
        chart.first = to / unit - CHART_BUCKETS_MAX + 1;
    }
    return chart;
}

void issue_write_chart(struct api_call *c, int64_t issue, const struct issue_chart *chart)
{
    int64_t seen[CHART_BUCKETS_MAX] = {0}, unit = chart->days ? DAY_MS : HOUR_MS;
    struct db_stmt *s = api_query(c, chart->days ? "api_issue_days" : "api_issue_hours");

    if (s) {
        db_int(s, "issue", issue);
        db_int(s, "from", chart->first);
        db_int(s, "to", chart->first + chart->buckets);
    }
    while (api_row(c, s))
        seen[db_col_int(s, 0) - chart->first] = db_col_int(s, 1);
    json_open(&c->out, chart->key, '[');
    for (uint32_t i = 0; i < chart->buckets; i++) {
        json_open(&c->out, NULL, '[');
        json_int(&c->out, NULL, (chart->first + i) * (unit / 1000));
        json_int(&c->out, NULL, seen[i]);
        json_close(&c->out, ']');
    }
    json_close(&c->out, ']');
}

static int64_t sum(struct api_call *c, const char *query, int64_t issue, int64_t from, int64_t to)
{
    struct db_stmt *s = from < to ? api_query(c, query) : NULL;
    int64_t n = 0;

    if (!s)
        return 0;
    db_int(s, "issue", issue);
    db_int(s, "from", from);
    db_int(s, "to", to);
    while (api_row(c, s))
        n += db_col_int(s, 1);
    return n;
}

/* Whole days from issue_day, the hours at both ends from issue_hour: a month is some 30 + 46 rows
 * instead of 720. The hour at either end counts as a whole. */
int64_t issue_events_in(struct api_call *c, const struct issue_row *r,
                        const struct api_range *range)
{
    int64_t from = range->from_ms / HOUR_MS, to = (range->to_ms - 1) / HOUR_MS + 1;
    int64_t first_day = (from + 23) / 24, last_day = to / 24;

    if (range->from_ms <= r->first_ms && range->to_ms > r->last_ms)
        return r->events;
    if (first_day >= last_day)
        return sum(c, "api_issue_hours", r->id, from, to);
    return sum(c, "api_issue_hours", r->id, from, first_day * 24) +
           sum(c, "api_issue_days", r->id, first_day, last_day) +
           sum(c, "api_issue_hours", r->id, last_day * 24, to);
}

static void write_count(struct buf *b, int64_t events)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%lld", (long long)events);
    json_str(b, "count", digits); /* a string, for readers whose integers are too small */
}

static void write_lifetime(struct api_call *c, const struct issue_row *r)
{
    struct buf *b = &c->out;

    json_open(b, "lifetime", '{');
    write_count(b, r->events);
    json_int(b, "userCount", r->users);
    api_time(b, "firstSeen", r->first_ms);
    api_time(b, "lastSeen", r->last_ms);
    json_open(b, "stats", '{');
    json_close(b, '}');
    json_close(b, '}');
}

static void write_figures(struct api_call *c, const struct issue_row *r, const struct issue_view *v)
{
    struct buf *b = &c->out;
    bool ranged = v->range && v->range->given;

    write_count(b, ranged ? issue_events_in(c, r, v->range) : r->events);
    json_int(b, "userCount", r->users);
    api_time(b, "firstSeen", r->first_ms);
    api_time(b, "lastSeen", r->last_ms);
    if (!v->collapse_stats) {
        json_open(b, "stats", '{');
        if (v->chart.key)
            issue_write_chart(c, r->id, &v->chart);
        json_close(b, '}');
    }
    if (!v->collapse_lifetime)
        write_lifetime(c, r);
    json_null(b, "filtered");
    json_bool(b, "isUnhandled", r->unhandled != 0);
}

void issue_write_figures(struct api_call *c, const struct issue_row *r, const struct issue_view *v)
{
    json_open(&c->out, NULL, '{');
    api_id(&c->out, "id", r->id);
    write_figures(c, r, v);
    json_close(&c->out, '}');
}

/* ---- state ---- */

const char *issue_status_word(int status)
{
    switch (status) {
    case ISSUE_RESOLVED:
        return "resolved";
    case ISSUE_IGNORED:
        return "ignored";
    default:
        return "unresolved";
    }
}

static void write_release_version(struct api_call *c, const char *key, int64_t release)
{
    struct db_stmt *s = api_query(c, "api_release_by_id");

    if (s)
        db_int(s, "id", release);
    if (api_row(c, s))
        json_text(&c->out, key, api_col(s, 2));
}

void issue_write_status(struct api_call *c, const struct issue_row *r)
{
    struct buf *b = &c->out;

    json_str(b, "status", issue_status_word(r->status));
    if (text_empty(r->substatus) || r->status == ISSUE_RESOLVED)
        json_null(b, "substatus");
    else
        json_text(b, "substatus", r->substatus);
    if (r->status == ISSUE_IGNORED && !text_empty(r->ignore_details)) {
        json_raw(b, "statusDetails", r->ignore_details);
        return;
    }
    json_open(b, "statusDetails", '{');
    if (r->status == ISSUE_RESOLVED && r->resolved_next)
        json_bool(b, "inNextRelease", true);
    else if (r->status == ISSUE_RESOLVED && r->resolved_in)
        write_release_version(c, "inRelease", r->resolved_in);
    if (r->status == ISSUE_RESOLVED && r->resolved_by)
        api_write_user(c, "actor", r->resolved_by);
    json_close(b, '}');
}

void issue_write_assignee(struct api_call *c, struct text assignee)
{
    unsigned long long id;

    if (text_starts(assignee, "user:") && text_u64(text_cut(assignee, 5, assignee.len), &id))
        api_write_user(c, "assignedTo", (int64_t)id);
    else
        json_null(&c->out, "assignedTo");
}

/* ---- the object ---- */

static void write_project(struct api_call *c, int64_t id)
{
    const struct api_project *p = api_project_by_id(c, id);
    struct buf *b = &c->out;

    json_open(b, "project", '{');
    api_id(b, "id", id);
    json_text(b, "name", p ? p->name : TEXT(""));
    json_text(b, "slug", p ? p->slug : TEXT(""));
    json_text(b, "platform", p ? p->platform : TEXT_NONE);
    json_close(b, '}');
}

static void write_kind(struct buf *b, const struct issue_row *r)
{
    bool feedback = r->type == EVENT_FEEDBACK;

    json_str(b, "type", event_type_name((enum event_type)r->type));
    json_str(b, "issueType", feedback ? "feedback" : "error");
    json_str(b, "issueCategory", feedback ? "feedback" : "error");
    json_raw(b, "metadata", text_empty(r->metadata) ? TEXT("{}") : r->metadata);
}

static void write_constants(struct buf *b)
{
    json_null(b, "shareId");
    json_bool(b, "isPublic", false);
    json_null(b, "priorityLockedAt");
    json_bool(b, "isSubscribed", false);
    json_null(b, "subscriptionDetails");
    json_open(b, "annotations", '[');
    json_close(b, ']');
    json_null(b, "inbox");
    json_null(b, "owners");
}

void issue_write_members(struct api_call *c, const struct issue_row *r, const struct issue_view *v)
{
    struct buf *b = &c->out;

    api_id(b, "id", r->id);
    json_text(b, "shortId", issue_short_id(c, r));
    json_text(b, "title", r->title);
    json_text(b, "culprit", r->culprit);
    json_text(b, "permalink",
              arena_printf(c->arena, "%.*s/organizations/%.*s/issues/%lld/",
                           TEXT_ARG(c->req.base_url), TEXT_ARG(c->org_slug), (long long)r->id));
    json_text(b, "logger", text_empty(r->logger) ? TEXT_NONE : r->logger);
    json_str(b, "level", level_name((enum level)r->level));
    issue_write_status(c, r);
    json_text(b, "platform", r->platform);
    json_text(b, "priority", r->priority);
    write_project(c, r->project);
    write_kind(b, r);
    json_int(b, "numComments", r->comments);
    issue_write_assignee(c, r->assignee);
    json_bool(b, "isBookmarked", r->bookmarked != 0);
    json_bool(b, "hasSeen", r->has_seen != 0);
    write_constants(b);
    write_figures(c, r, v);
    json_text(b, "matchingEventId", v->matching_event);
}

void issue_write(struct api_call *c, const struct issue_row *r, const struct issue_view *v)
{
    json_open(&c->out, NULL, '{');
    issue_write_members(c, r, v);
    json_close(&c->out, '}');
}
