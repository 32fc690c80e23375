/* attr_store.h -- which attributes the newest spans or log records have, and which values: for completion.
 * For        Tempo's tag endpoints, Sentry's trace-items/attributes. Query thread.
 * Sample     keys are listed nowhere: the newest blocks of the range are read, up to ATTR_BLOCKS or
 *            ATTR_BYTES_READ of them, so an attribute that only old or rare spans have may be missing; and
 *            no more than ATTR_FOUND_MAX are told apart.
 * Ownership  texts are in the call's arena. */
#ifndef QUERN_WORKER_ATTR_STORE_H
#define QUERN_WORKER_ATTR_STORE_H

#include "model/span_query.h"
#include "worker/api_call.h"

struct attr_wish {
    int64_t from_ms, to_ms; /* to_ms 0: until now */
    const struct span_query *query;
    uint32_t node; /* only spans that fit this; QUERY_NONE: all */
    bool logs;     /* of log records, not of spans */
    bool typed;    /* a key is told apart by the types of its values as well */
};

struct attr_found {
    struct text text;
    uint8_t kind;   /* enum attr_kind */
    uint8_t scope;  /* enum query_scope, of keys */
    uint32_t spans; /* that were seen with it */
};
struct attr_list_found {
    struct attr_found *at; /* by text */
    uint32_t count;
};

/* Keys, each once for every scope it is used in. False: the arena is spent. */
bool attr_store_keys(struct api_call *c, const struct attr_wish *wish, struct attr_list_found *out);
/* What stands under a key or in a field (`t` as of traceql_name or query_column; its operator is not
 * looked at). */
bool attr_store_values(struct api_call *c, const struct attr_wish *wish, const struct query_term *t,
                       struct attr_list_found *out);

#endif
