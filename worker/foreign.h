/* foreign.h -- what the APIs of other trace servers have in common: ids, times, lists of names, traces
 * cut to what an answer may hold.
 * For        api_jaeger*.c, api_tempo*.c. Query thread.
 * Ownership  everything lives in the call's arena. */
#ifndef QUERN_WORKER_FOREIGN_H
#define QUERN_WORKER_FOREIGN_H

#include "model/span_query.h"
#include "model/trace.h"
#include "worker/trace_search.h"

/* Bytes of spans in one answer, about: a client is better off with the first ten thousand spans and
 * the number of the others than with an error. */
#define FOREIGN_BYTES_MAX (8 * MIB)

/* ---- parameters ---- */

/* 1 to 32 hex digits: leading zeros may be missing. */
bool foreign_trace_id(struct text t, uint8_t out[16]);
/* RFC 3339, with a blank where a plus was not encoded; in ms. False: malformed. */
bool foreign_time(struct text t, int64_t *ms);
/* A number in `unit_ns` as ns, `fallback` when the parameter is absent. False: refused. */
bool foreign_number(struct api_call *c, const char *key, int64_t unit_ns, int64_t fallback,
                    int64_t *ns);

/* ---- services ---- */

struct foreign_name {
    struct text name;
    uint8_t kind; /* of an operation: enum span_kind */
    int64_t id;   /* row of the service or operation; one of them, where several projects have it */
};
struct foreign_names {
    struct foreign_name *at;
    uint32_t count, room;
};
/* Services of the call's projects by name: each once. False: refused. */
bool foreign_services(struct api_call *c, struct foreign_names *out);
/* What the services of that name do, by name and kind; `apart`: each kind (and project) by itself. */
bool foreign_operations(struct api_call *c, struct text service, bool apart,
                        struct foreign_names *out);

/* ---- traces ---- */

struct foreign_trace {
    struct span_trace stored;
    struct trace tree;
    uint32_t all; /* spans of it, copies not counted */
};
/* The trace of that id; no nodes: there is none. False: refused. */
bool foreign_find(struct api_call *c, struct text id, struct foreign_trace *out);
/* The same, but 404 when there is none. */
bool foreign_trace(struct api_call *c, struct text id, struct foreign_trace *out);
/* trace_search(), going on where its budget ended a few times: clients of these APIs know no pages. */
bool foreign_search(struct api_call *c, struct trace_search *s);
/* How many nodes of it fit into `*bytes`, from the root down; `*bytes` is what is left then. */
uint32_t foreign_fit(const struct trace *t, size_t *bytes);
/* The same for one of `left` traces that share what is left: a large one does not keep the others from being
 * listed. */
uint32_t foreign_share(const struct trace *t, size_t *bytes, uint32_t left);
/* Its first `count` spans, as writers want them. NULL: the arena is spent. */
const struct span **foreign_spans(struct api_call *c, const struct trace *t, uint32_t count);

#endif
