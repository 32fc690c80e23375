/* issue_view.h -- issues as the API shows them.
 * For        lists, details, bulk answers. Query thread.
 * Source     shapes: getsentry/sentry-api-schema, GroupSerializer. */
#ifndef QUERN_WORKER_ISSUE_VIEW_H
#define QUERN_WORKER_ISSUE_VIEW_H

#include "worker/api_call.h"
#include "worker/api_page.h"

struct issue_row { /* the table issue, see schema/migrate/001-catalogue.sql */
    int64_t id, project, number;
    int status, level, type;
    struct text substatus, platform, logger, title, culprit, metadata, priority, assignee,
        ignore_details;
    int64_t first_ms, last_ms, events, users, unhandled;
    uint64_t first_seq, last_seq;
    int64_t first_release, last_release;
    int64_t resolved_ms, resolved_by, resolved_in, resolved_next;
    int64_t bookmarked, has_seen, merged_into, comments;
};

/* The row of an issue, kept in the arena. False: there is none. */
bool issue_row_get(struct api_call *c, int64_t id, struct issue_row *out);

/* "SHOP-1A": the project's slug and the issue's number in Crockford's base 32. */
struct text issue_short_id(struct api_call *c, const struct issue_row *r);
/* The number behind the last dash; false: no such form. */
bool issue_short_parse(struct text name, struct text *slug, int64_t *number);

/* Buckets of the little charts. */
struct issue_chart {
    const char *key; /* "24h", "14d", "30d", "auto"; NULL: no chart */
    bool days;       /* one bucket a day, else an hour */
    uint32_t buckets;
    int64_t first; /* number of the first hour or day since 1970 */
};
/* "24h", "14d", "30d" or, from a range, "auto". */
struct issue_chart issue_chart_of(const char *key, const struct api_range *range, int64_t now_ms);
void issue_write_chart(struct api_call *c, int64_t issue, const struct issue_chart *chart);
/* Events of an issue within a range, from its hours and days. */
int64_t issue_events_in(struct api_call *c, const struct issue_row *r,
                        const struct api_range *range);

struct issue_view {
    struct issue_chart chart;
    const struct api_range *range; /* counts of this range, when it was given */
    struct text matching_event;    /* event id that was searched for */
    bool collapse_stats, collapse_lifetime;
};

/* All members of a list element, into an object that is open in c->out. */
void issue_write_members(struct api_call *c, const struct issue_row *r, const struct issue_view *v);
/* The object {…}. */
void issue_write(struct api_call *c, const struct issue_row *r, const struct issue_view *v);
/* {"id","count",…}: the figures alone (issues-stats, lifetime). */
void issue_write_figures(struct api_call *c, const struct issue_row *r, const struct issue_view *v);
void issue_write_status(struct api_call *c,
                        const struct issue_row *r); /* status, substatus, details */
void issue_write_assignee(struct api_call *c, struct text assignee); /* "assignedTo" */
const char *issue_status_word(int status);

#endif
