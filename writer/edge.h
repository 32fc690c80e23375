/* edge.h -- calls between services, paired while spans are written.
 * A call has two halves, the caller's client span and the span that serves it, which come in different
 * batches, seconds apart, in either order. Each half waits in a table until the other comes; a message
 * may have several consumers. A caller that nobody answers within EDGE_WAIT_MS called something that is not traced, and is counted against
 * what its attributes name.
 * Bounds     EDGES_MAX edges, EDGE_HALVES halves; the oldest halves give way.
 * Crash      halves that wait are lost: an edge may miss the calls of the last minute. */
#ifndef QUERN_WRITER_EDGE_H
#define QUERN_WRITER_EDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/text.h"

struct service;

struct edge_name {
    uint32_t project;
    struct text caller, callee;
    struct text environment; /* of services_environment(): told apart by where it is */
    uint8_t kind;            /* enum trace_edge_kind */
};

struct edge {
    struct edge_name name;
    int64_t id; /* in the catalogue; 0: not asked yet */
};

struct edge_counts {
    int64_t start_ms;
    uint64_t duration_us;
    uint32_t weight; /* calls that it stands for */
    bool failed;
};

/* One call, when both halves are known or the wait is over. */
struct edge_call {
    struct edge *edge;
    struct edge_counts counts; /* as the caller saw it */
};
typedef void edge_sink(void *own, const struct edge_call *call);

struct edges;
struct edges *edges_new(void);
void edges_free(struct edges *e);
/* NULL: too many, or no memory. */
struct edge *edges_find(struct edges *e, const struct edge_name *name);
void edges_forget(struct edges *e); /* the catalogue's numbers */

/* A half: of the span `id`'s caller side, or of a span whose parent is `id`. */
struct edge_half {
    const uint8_t *trace_id, *id; /* 16 and 8 bytes */
    struct service *service;
    struct text environment; /* of services_environment() */
    struct edge_counts counts;
    int64_t now_ms;
    bool caller, message;    /* message: of a producer or a consumer */
    struct edge *unanswered; /* a caller's: what it is counted as when nobody answers; NULL: not */
};
void edges_half(struct edges *e, const struct edge_half *h, edge_sink *sink, void *own);
/* Callers that have waited long enough; some of them at a time, all within eight calls. */
void edges_expire(struct edges *e, int64_t now_ms, edge_sink *sink, void *own);

#endif
