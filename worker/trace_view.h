/* trace_view.h -- a trace as the browser wants it: columns for the waterfall, one span with all it has.
 * Shapes     TraceDocument of web/src/trace/table.ts, SpanDocument of web/src/trace/span.tsx. */
#ifndef QUERN_WORKER_TRACE_VIEW_H
#define QUERN_WORKER_TRACE_VIEW_H

#include "worker/span_store.h"
#include "worker/trace_error.h"

/* Flags of a row; the browser has the same. */
#define ROW_ERROR 1
#define ROW_ORPHAN 2
#define ROW_CRITICAL 4
#define ROW_ENTRY 8
#define ROW_GUESSED 16
#define ROW_CUT 32

/* Node by span id, for each error and log record. It is made when the first one asks: most large traces
 * have neither. */
struct trace_index {
    const struct trace *tree;
    struct arena *arena;
    uint32_t *slots; /* node + 1; NULL: not made yet */
    uint32_t room;
};
struct trace_index trace_index(const struct trace *t, struct arena *a);
/* TRACE_NONE: no such span, or the arena is spent. An id of zeros is none. */
uint32_t trace_index_find(struct trace_index *x, const uint8_t span_id[8]);

/* The rows that are written. */
struct trace_part {
    uint32_t *row; /* by node; TRACE_NONE: left out. NULL: all of them are rows */
    uint32_t count;
};
/* At most `most` rows: the way from the root to `node` (TRACE_NONE: to none in particular), what is in
 * it, and the first ones. False: the arena is spent. */
bool trace_part_make(const struct trace *t, uint32_t node, uint32_t most, struct arena *a,
                     struct trace_part *out);
uint32_t trace_part_row(const struct trace_part *p, uint32_t node);

struct trace_page {
    uint8_t id[16], span[8]; /* span: the one that must not be left out; zero: none */
    uint32_t stored;         /* spans, the ones left out included */
    uint32_t most;           /* rows */
    const struct trace_error *errors;
    uint32_t error_count;
};
/* The whole document, into c->out. */
void trace_write_table(struct api_call *c, struct trace *t, const struct trace_page *p);
/* One span; `t` is the trace with nothing but the spans of its id, `n` the one of them that is shown. */
void trace_write_span(struct api_call *c, const struct trace *t, uint32_t n);

/* Microseconds, with the nanoseconds as a fraction. */
void trace_us(struct buf *b, const char *key, uint64_t ns);
/* "ok", "error", "unset", or Sentry's word where an SDK gave one. */
const char *trace_status(const struct span *s);

#endif
