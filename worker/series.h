/* series.h -- figures over time as Sentry's charts ask for them: events-stats/ and events-timeseries/.
 * For        Grafana's Sentry data source, scripts. Query thread.
 * Way        errors are added up from what issues count about themselves (whole hours), spans and logs
 *            from their blocks (sums.h). Either makes lines, which are then written in the one or the
 *            other shape.
 * Source     getsentry/sentry, api/endpoints/organization_events_stats.py, organization_events_timeseries.py;
 *            grafana/sentry-datasource, pkg/sentry/events_stats.go, spans_stats.go. */
#ifndef QUERN_WORKER_SERIES_H
#define QUERN_WORKER_SERIES_H

#include "worker/explore.h"

#define SERIES_AXES_MAX 8
#define SERIES_GROUPS_MAX 8
#define SERIES_TOP_MAX 10       /* lines */
#define SERIES_BUCKETS_MAX 1000 /* of a line; a shorter interval is made longer */

struct series_line {
    struct text *values; /* JSON, one a group */
    double *at;          /* [axis][bucket]; NaN: nothing was there */
};

struct series {
    struct explore e; /* data set and range */
    struct text axes[SERIES_AXES_MAX], groups[SERIES_GROUPS_MAX];
    uint8_t types[SERIES_AXES_MAX]; /* enum explore_type */
    uint32_t axis_count, group_count;
    uint32_t top; /* lines; 0: one of everything */
    int64_t begin_ms, step_ms;
    uint32_t buckets;

    struct series_line lines[SERIES_TOP_MAX];
    uint32_t count;
};

/* The lines. False: refused. */
bool series_of_errors(struct api_call *c, struct series *s);
bool series_of_items(struct api_call *c, struct series *s);

/* A line without figures yet. NULL: the arena is spent. */
struct series_line *series_line_add(struct api_call *c, struct series *s);

#endif
