/* explore.h -- rows of what is stored, with the columns that were asked for: Sentry's events/ endpoint.
 * For        sentry-cli's `logs list`, Grafana's Sentry data source, scripts. Query thread.
 * Datasets   logs and spans come from the blocks (item_scan.h), errors from the event rows.
 * Answer     {"data":[{column: value}…],"meta":{"fields":{column: type}…}}: columns by the names they were
 *            asked for.
 * Source     getsentry/sentry, api/endpoints/organization_events.py, search/events/fields.py. */
#ifndef QUERN_WORKER_EXPLORE_H
#define QUERN_WORKER_EXPLORE_H

#include "worker/item_scan.h"

#define EXPLORE_FIELDS_MAX 50 /* Sentry's bound */

enum explore_type {
    EXPLORE_STRING,
    EXPLORE_INTEGER,
    EXPLORE_NUMBER,
    EXPLORE_BOOLEAN,
    EXPLORE_DATE,
    EXPLORE_DURATION /* milliseconds */
};

struct explore {
    const char *dataset;
    struct text fields[EXPLORE_FIELDS_MAX];
    uint8_t types[EXPLORE_FIELDS_MAX]; /* enum explore_type, as far as rows have shown */
    uint32_t count;
    uint32_t limit;
    bool ascending;
    bool adds_up; /* there is a function among the fields */
    struct api_range range;
};

/* explore_item.c: rows of logs or spans. */
void explore_items(struct api_call *c, struct explore *e, uint32_t kind, bool transactions);
/* explore_error.c: rows of error events. */
void explore_errors(struct api_call *c, struct explore *e);
/* explore_issue.c: error events added up per issue. */
void explore_issues(struct api_call *c, struct explore *e);

/* Before and after the rows. */
void explore_begin(struct api_call *c);
void explore_end(struct api_call *c, const struct explore *e);

#endif
