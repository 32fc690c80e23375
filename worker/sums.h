/* sums.h -- spans or log records added up: how many, how long, how often in vain; per group, and per step
 * of time.
 * For        Sentry's events/ with functions, events-stats/, events-timeseries/. Query thread.
 * Way        the newest blocks that can hold an answer are read until SCAN_BYTES_MAX are unpacked or
 *            SCAN_BLOCKS_MAX read: then the sums are of what was read, `partial` is set and `looked_ms`
 *            says since when everything was. At most SUMS_GROUPS_MAX groups are told apart.
 * Time       as lists have it (item_scan.h): what an item says, but not later than its receipt.
 * Quantiles  model/latency.h: off by 1.6 % at most.
 * Ownership  groups live in the call's arena, their cells are malloc'd: sums_free gives them back. */
#ifndef QUERN_WORKER_SUMS_H
#define QUERN_WORKER_SUMS_H

#include "model/latency.h"
#include "worker/explore.h"

#define SUMS_GROUPS_MAX 1000
#define SUMS_FUNCTIONS_MAX 20
#define SUMS_SLOTS 512

enum sum_kind {
    SUM_COUNT,
    SUM_PER_SECOND,
    SUM_PER_MINUTE,
    SUM_FAILURES,
    SUM_FAILURE_RATE,
    SUM_TOTAL,
    SUM_MEAN,
    SUM_LEAST,
    SUM_MOST,
    SUM_QUANTILE
};

struct sum_function {
    uint8_t kind; /* enum sum_kind */
    double q;     /* SUM_QUANTILE: 0 … 1 */
    struct explore_column of;
};

struct sum_cell {
    uint64_t count, failed;
    double total, least, most;
    struct latency sketch;
};

struct sum_group {
    struct text key;     /* its values, one behind the other */
    struct text *values; /* JSON, one a group column */
    uint64_t items;
    struct sum_cell *cells; /* [bucket][function] */
    struct sum_group *next; /* of the same slot */
};

struct sums {
    struct explore_column columns[EXPLORE_FIELDS_MAX]; /* what is grouped by */
    uint8_t types[EXPLORE_FIELDS_MAX];
    uint32_t column_count;
    struct sum_function functions[SUMS_FUNCTIONS_MAX];
    uint32_t function_count;
    int64_t begin_ms, step_ms; /* of the first bucket, of each */
    uint32_t buckets;
    double seconds; /* of a bucket, for rates */

    struct sum_group **groups;
    uint32_t count;
    struct sum_group *slots[SUMS_SLOTS];
    bool closed; /* no group comes in addition to those that there are */
    bool partial;
    int64_t looked_ms;
};

/* "count()", "p95(span.duration)", "failure_rate()" … False: no function that can be added up. */
bool sum_function_read(struct text t, struct arena *a, struct sum_function *out);
/* What its values are, and in which unit: NULL, "millisecond". */
enum explore_type sum_function_type(const struct sum_function *f);

/* Add up the items of the range that fit. False: refused, or no memory; sums_free is due all the same. */
bool sums_run(struct api_call *c, struct sums *s, const struct item_wish *wish);
/* Keep the first `n` groups, and get ready for another run, over time. False: no memory. */
bool sums_narrow(struct sums *s, uint32_t n, int64_t begin_ms, int64_t step_ms, uint32_t buckets);
/* The largest value of a function first (or the smallest); function_count: by the number of items. */
void sums_sort(struct sums *s, uint32_t function, bool ascending);
void sums_free(struct sums *s);

/* A function's value; NaN: there is none, because nothing was there. */
double sums_value(const struct sums *s, const struct sum_group *g, uint32_t bucket,
                  uint32_t function);
/* As JSON; null when there is none. */
void sums_write(struct buf *b, const struct sums *s, const struct sum_group *g, uint32_t bucket,
                uint32_t function);

#endif
