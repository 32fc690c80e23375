/* span_store.h -- the spans of traces, from all blocks that hold some, ready for trace_build().
 * For        trace pages, trace lists, comparison, the APIs of Jaeger and Tempo. Query thread.
 * Ownership  everything is copied into the call's arena; nothing points into blocks.
 * Copies     a span that was sent twice is there twice: trace_build() keeps the fuller one.
 * Projects   of the call's organisation only.
 * Bounds     a number of spans for all that is asked for at once, half of the call's arena, and
 *            BLOCK_PLACES_MAX blocks. What is beyond them is counted (`stored`), not read. */
#ifndef QUERN_WORKER_SPAN_STORE_H
#define QUERN_WORKER_SPAN_STORE_H

#include "model/trace.h"
#include "proto/record_log.h"
#include "proto/record_span.h"
#include "worker/block_store.h"

/* What the `resource` of every span read here is the beginning of. */
struct span_source {
    struct resource resource; /* SPANS_OUTLINE: without its attributes */
    uint32_t project;
    int64_t received_ms;
    struct block_at at; /* the block it lies in */
};
static inline const struct span_source *span_source(const struct span *s)
{
    return (const struct span_source *)(const void *)s->resource;
}

enum span_depth {
    SPANS_OUTLINE, /* ids, times, names, status, flags; no attributes but "sentry.segment.id" */
    SPANS_WHOLE
};

struct span_trace {
    uint8_t id[16];         /* in */
    int64_t since_ms;       /* in: files that were written before hold nothing of it; 0: any may */
    struct span *spans;     /* by place, newest block first */
    struct trace_key *keys; /* instead of spans, of span_store_tree */
    uint32_t count;
    uint32_t stored;           /* copies included; more than `count`: some were left out */
    struct trace_summary rest; /* these, copies included; of a trace that is read by itself */
};

/* Read these traces, `limit` spans at most of all together, of one among several an eighth of that; of a
 * single one its root as well, wherever it lies. False: the arena is spent, or refused. */
bool span_store_read(struct api_call *c, struct span_trace *traces, uint32_t count,
                     enum span_depth depth, uint32_t limit);
/* One trace and its tree, whole: TRACE_WHOLE_MAX spans at most. */
bool span_store_trace(struct api_call *c, const uint8_t id[16], struct span_trace *out,
                      struct trace *tree);
/* The same with keys for spans, TRACE_ROWS_MAX at most: for who draws a large trace while somebody waits. */
bool span_store_tree(struct api_call *c, const uint8_t id[16], struct span_trace *out,
                     struct trace *tree);

/* What `tree`, made of a trace that was read by itself, and the spans that were left out amount to. */
bool span_store_summary(struct api_call *c, const struct span_trace *t, const struct trace *tree,
                        struct trace_summary *out);

/* The spans of one id, whole; SPAN_COPIES_MAX at most. */
bool span_store_span(struct api_call *c, const uint8_t trace[16], const uint8_t span[8],
                     struct span_trace *out);

/* Log records of a trace, in no order: `each` answers whether to go on; records live until it has. */
bool span_store_logs(struct api_call *c, const uint8_t id[16],
                     bool (*each)(void *own, const struct logrec *l, uint32_t project), void *own);

/* Copies of spans and log records into an arena, for whoever walks blocks (span_copy.c). Texts that
 * repeat are copied once a block; the copies' resources are span_sources. */
struct span_copier;
struct span_copier *span_copier_new(struct arena *to, enum span_depth depth); /* NULL: spent */
/* What is copied next lies in this block, and in this record of it. */
void span_copier_block(struct span_copier *k, struct block_at at);
void span_copier_record(struct span_copier *k, uint32_t project, int64_t received_ms);
bool span_copy(struct span_copier *k, const struct span *from, struct span *out);
/* Without its parent's place. */
bool span_copy_key(struct span_copier *k, const struct span_bundle *b,
                   const struct span_brief *from, struct trace_key *out);

/* A trace id as people write it: 32 hex digits, or 16 (padded with zeros on the left), dashes allowed. */
bool span_trace_id(struct text t, uint8_t out[16]);
bool span_span_id(struct text t, uint8_t out[8]); /* 16 hex digits */

#endif
