/* item_query.h -- what a request asks of log records or spans: the query it was given, and its parameters
 * level, service, trace and span, as one condition.
 * Ownership  item_query_end gives back what patterns hold. Query thread. */
#ifndef QUERN_WORKER_ITEM_QUERY_H
#define QUERN_WORKER_ITEM_QUERY_H

#include "worker/item_scan.h"

struct item_query {
    struct span_query query;
    uint32_t node; /* QUERY_NONE: everything */
    bool of_trace; /* only items of this trace can fit */
    uint8_t trace[16];
};

/* False: refused with 400; item_query_end is due all the same. */
bool item_query_read(struct api_call *c, struct item_query *out);
void item_query_end(struct item_query *q);
/* Bytes that every record of logs with an answer holds; absent: cannot be told. */
struct text item_query_contained(const struct item_query *q);
/* One more condition that has to hold. */
void item_query_and(struct item_query *q, uint32_t node);

#endif
