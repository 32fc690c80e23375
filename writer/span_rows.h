/* span_rows.h -- what a record of spans, or of log records, leaves besides its block: entry rows, marks.
 * For        the writer, with each record; the sealing thread, when it packs a segment anew.
 * Purity     the record in, calls of the sink out; the same record makes the same rows. */
#ifndef QUERN_WRITER_SPAN_ROWS_H
#define QUERN_WRITER_SPAN_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/marks.h"
#include "proto/arena.h"
#include "proto/record_log.h"
#include "proto/record_span.h"
#include "schema/segment.h"

struct span_rows_sink {
    void *own;
    struct marks *marks; /* of the block that the record lies in */
    /* Before the spans of a bundle; may be NULL. False: stop. */
    bool (*bundle)(void *own, const struct span_bundle *b);
    /* The number of an operation in this segment, for an entry row; 0: no memory. */
    uint32_t (*operation)(void *own, const struct span_bundle *b, const struct span_brief *s);
    /* May be NULL: no entry rows are wanted, nor operations asked for. */
    bool (*entry)(void *own, const struct segment_entry *e);
    /* Each span; may be NULL. */
    void (*span)(void *own, const uint8_t trace_id[16], const struct span_brief *s);
};

/* False: the record is damaged, the arena spent, or the sink said stop. */
bool span_rows(struct text record, struct arena *a, const struct span_rows_sink *sink);

struct log_rows_sink {
    void *own;
    struct marks *marks; /* of the block that the record lies in */
    /* Before the records of a bundle; may be NULL, as `record` then. False: stop. */
    bool (*bundle)(void *own, const struct log_bundle *b);
    void (*record)(void *own, const struct logrec *l);
};
bool log_rows(struct text record, struct arena *a, const struct log_rows_sink *sink);

#endif
