/* explore.h -- rows of what is stored, with the columns that were asked for: Sentry's events/ endpoint.
 * For        sentry-cli's `logs list`, Grafana's Sentry data source, scripts. Query thread.
 * Datasets   logs and spans come from the blocks (item_scan.h), errors from the event rows.
 * Answer     {"data":[{column: value}…],"meta":{"fields":{column: type}…}}: columns by the names they were
 *            asked for.
 * Source     getsentry/sentry, api/endpoints/organization_events.py, search/events/fields.py. */
#ifndef QUERN_WORKER_EXPLORE_H
#define QUERN_WORKER_EXPLORE_H

#include "worker/item_query.h"

#define EXPLORE_FIELDS_MAX 50 /* Sentry's bound */

enum explore_type {
    EXPLORE_STRING,
    EXPLORE_INTEGER,
    EXPLORE_NUMBER,
    EXPLORE_BOOLEAN,
    EXPLORE_DATE,
    EXPLORE_DURATION /* milliseconds */
};

enum explore_what { EXPLORE_ERRORS, EXPLORE_ITEMS };

struct explore {
    const char *dataset;
    enum explore_what what;
    uint32_t kind;     /* EXPLORE_ITEMS: RECORD_SPANS or RECORD_LOGS … */
    bool transactions; /* … and of spans only those that begin a unit of work */
    struct text fields[EXPLORE_FIELDS_MAX];
    uint8_t types[EXPLORE_FIELDS_MAX]; /* enum explore_type, as far as rows have shown */
    uint32_t count;
    uint32_t limit;
    bool ascending;
    bool adds_up; /* there is a function among the fields */
    bool partial; /* not everything could be looked at */
    struct api_range range;
};

/* explore_item.c: rows of logs or spans. */
void explore_items(struct api_call *c, struct explore *e);
/* explore_sum.c: logs or spans added up, a row per group. */
void explore_sums(struct api_call *c, struct explore *e);
/* explore_error.c: rows of error events. */
void explore_errors(struct api_call *c, struct explore *e);
/* explore_issue.c: error events added up per issue. */
void explore_issues(struct api_call *c, struct explore *e);

/* What the parameter `dataset` names. False: refused. */
bool explore_dataset(struct api_call *c, struct explore *e);
bool explore_is_function(struct text field); /* "count()", "p95(span.duration)" */

/* A column of logs or spans. */
struct explore_column {
    struct query_term term;
    uint8_t what; /* enum query_field, or another of explore_item.c */
};
struct explore_column explore_column_of(struct text name, struct arena *a);
enum explore_type explore_column_type(const struct explore_column *col);
/* Its value, as JSON; `type` changes when the value shows it. What it makes lives in the scratch arena. */
void explore_write(struct api_call *c, struct buf *b, const struct explore_column *col,
                   const struct item_seen *seen, uint8_t *type);
/* Its value as a number; durations in milliseconds. False: it has none. */
bool explore_number(struct api_call *c, const struct explore_column *col,
                    const struct query_item *item, double *out);
/* Has it a value? */
bool explore_has(const struct explore_column *col, const struct query_item *item);
/* The request's conditions. False: refused; item_query_end is due all the same. */
bool explore_query(struct api_call *c, const struct explore *e, struct item_query *q);
/* A column of issues, explore_issue.c. False: there is none of that name. */
bool explore_issue_column(struct text name, uint8_t *column, uint8_t *type);
struct issue_row;
/* Its value, as JSON: figures are those of always. */
void explore_issue_write(struct api_call *c, struct buf *b, uint8_t column,
                         const struct issue_row *r);

/* Before and after the rows. */
void explore_begin(struct api_call *c);
void explore_end(struct api_call *c, const struct explore *e);

#endif
