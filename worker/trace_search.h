/* trace_search.h -- traces that have what is asked for.
 * For        the list of traces, Jaeger's and Tempo's searches. Query thread.
 * Way        newest first: blocks by their marks, newest first; a trace is shown where its newest fitting
 *            span lies, so no page repeats one. By duration: the entry rows of segments, by their index.
 *            By number of spans: among the traces of the newest TRACE_COUNT_BYTES of blocks. By duration or
 *            number of spans with conditions on spans: the newest that fit, put in order.
 * Budget     so many blocks and traces are looked at, then the search stops and says where: the cursor
 *            goes on from there, with fewer rows than asked for, or none.
 * Ownership  everything in the call's arena. */
#ifndef QUERN_WORKER_TRACE_SEARCH_H
#define QUERN_WORKER_TRACE_SEARCH_H

#include "model/traceql.h"
#include "worker/api_page.h"
#include "worker/span_store.h"

enum trace_order { TRACES_NEWEST, TRACES_LONGEST, TRACES_SHORTEST, TRACES_LARGEST };

struct trace_search {
    struct span_query *query;       /* may be NULL, */
    uint32_t root;                  /* then QUERY_NONE: one span of the trace fits this */
    struct traceql *ql;             /* may be NULL: the trace fits this as well */
    struct api_range range;         /* that span began within */
    struct text service, operation; /* the same as conditions of `query`; may be absent */
    int64_t issue; /* an event of it happened in the trace, newest event first; 0: any */
    bool outline;  /* conditions are about service, name, project, environment: outlines will do */
    bool entries;  /* … about service and operation alone: entry rows will do */
    enum trace_order order;
    uint32_t limit;
    struct api_page_key from; /* zero: the beginning */
    /* out */
    struct trace_found *found;
    uint32_t count;
    bool more; /* there may be more: */
    struct api_page_key next;
};

struct trace_found {
    uint8_t id[16];
    uint32_t stored;   /* spans, copies included; more than were read: a very large one */
    struct trace tree; /* SPANS_WHOLE where there is a query, else SPANS_OUTLINE */
    struct trace_summary summary;
    bool *lead; /* by node: what the search is led by, and lists the trace under */
    bool *hit;  /* by node: what fits */
    uint32_t hits;
};

/* False: refused, or the arena is spent. */
bool trace_search(struct api_call *c, struct trace_search *s);

/* ---- its parts: trace_search.c, trace_search_newest.c, _length.c, _largest.c, _ranked.c, _issue.c
 * ---- */

struct trace_candidate {
    uint8_t id[16];
    uint64_t start_ns; /* order within a block */
    int64_t since_ms;  /* of struct span_trace */
    int64_t wait_us;   /* of one looked at: hunt_wait() */
};

/* What was received so long before the span that led to a trace is left to the trace's own page. */
#define TRACE_EARLIER_MS 86400000
static inline int64_t hunt_since(const struct query_segment *g)
{
    return g->begun_ms - TRACE_EARLIER_MS;
}

struct trace_hunt {
    struct api_call *c;
    struct trace_search *s;
    struct trace_candidate *done; /* need not be looked at again: open addressing by id */
    uint32_t done_count, done_room;
    uint32_t loads; /* traces that may still be read */
    struct span_trace *batch;
};

#define TRACE_BATCH 32 /* traces read together */

/* Read up to TRACE_BATCH candidates. */
bool hunt_read(struct trace_hunt *h, const struct trace_candidate *list, uint32_t count);
/* Was there no room left for that one? Then the page ends before it. */
bool hunt_unread(const struct trace_hunt *h, uint32_t n);
/* Does that one of the batch fit? Then *out says how. */
bool hunt_fits(struct trace_hunt *h, uint32_t n, struct trace_found *out);
/* Might this span be one that leads to its trace? For blocks in the scratch arena. */
bool hunt_may(struct trace_hunt *h, const struct span *s, struct text project);
bool hunt_group_may(struct trace_hunt *h, const struct span_bundle *b, const struct span_group *g,
                    struct text project);
/* Words that a block must hold; room for QUERY_NEEDS. Their number. */
uint32_t hunt_needs(const struct trace_search *s, struct query_need *needs);
/* Bytes that a record must hold; room for QUERY_HOLDS. */
uint32_t hunt_holds(const struct trace_search *s, struct query_hold *holds);
bool hunt_is_done(struct trace_hunt *h, const uint8_t id[16]);
void hunt_done(struct trace_hunt *h, const uint8_t id[16]);
/* By length: look at it again at its row of that length, and at no other. Is this row one to pass by? */
void hunt_wait(struct trace_hunt *h, const uint8_t id[16], int64_t us);
bool hunt_passes(struct trace_hunt *h, const uint8_t id[16], int64_t us);
bool hunt_newest(struct trace_hunt *h);
bool hunt_by_length(struct trace_hunt *h);
bool hunt_largest(struct trace_hunt *h);
bool hunt_ranked(struct trace_hunt *h);
bool hunt_issue(struct trace_hunt *h);

#endif
