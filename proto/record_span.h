/* record_span.h -- RECORD_SPANS: a bundle of spans of one project, as small as they get without
 * decompressing anything to find one trace in it.
 * For        workers (packing), the writer (rollups, trace index), readers (one trace, or all).
 * Ownership  the packer copies what it is given, except that a resource or scope must stay as it is
 *            until span_packer_finish; a finished record lives in the buf. What a reader hands out
 *            points into the record and the arena.
 * Errors     adding is refused when the bundle is full (finish it, then add again); read functions
 *            answer false for anything malformed, whatever the bytes are.
 * Layout     u8 version, u8 unit (0: ns, 1: µs), u16 zero, u32 project, i64 received_ms; then
 *            varints: start of the earliest span in units, time from there to the latest end,
 *            spans, traces; then the directory: per trace its id (16 bytes), start behind the
 *            earliest, spans, bytes of its rows; then the tables of proto/bundle.h; then the rows,
 *            trace by trace, in order of start. A row: shape, span id, parent, start behind the row
 *            before, duration, varying values, and, where the head word says so, events, links and
 *            dropped counts.
 * Parent     0: none; 1: 8 bytes follow; n: the (n-1)th row before this one. */
#ifndef QUERN_PROTO_RECORD_SPAN_H
#define QUERN_PROTO_RECORD_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/buf.h"
#include "proto/bundle.h"
#include "proto/span.h"

/* ---- packing ---- */

struct span_packer;
struct span_packer *span_packer_new(void); /* NULL: no memory */
void span_packer_free(struct span_packer *p);
/* `filter` may be NULL; it must outlive the records that are made. */
void span_packer_open(struct span_packer *p, uint32_t project, int64_t received_ms,
                      const struct attr_filter *filter);
enum pack_rc { PACK_OK, PACK_FULL, PACK_SPENT };
enum pack_rc span_packer_add(struct span_packer *p, const struct span *s);
uint32_t span_packer_count(const struct span_packer *p);
/* Append the record to `out` and empty the packer; it stays open for the same project. */
void span_packer_finish(struct span_packer *p, struct buf *out);

/* ---- reading ---- */

struct span_head {
    uint32_t project;
    int64_t received_ms;
    uint64_t first_ns, last_ns; /* start of the earliest, end of the latest */
    uint32_t spans, traces;
};
bool span_bundle_head(struct text record, struct span_head *out);
/* Same project, same spans: the same 16 bytes, whenever they were received. */
void span_bundle_digest(struct text record, uint8_t out[16]);
/* Spans of that trace in it; needs no arena and no tables. */
uint32_t span_bundle_has(struct text record, const uint8_t trace_id[16]);
/* The next trace id of the directory; start with *at = 0. False: no more. */
bool span_bundle_trace(struct text record, size_t *at, uint8_t trace_id[16], uint32_t *spans);

struct span_group {
    const uint8_t *trace_id; /* 16 bytes, in the record */
    uint64_t start_ns;
    uint32_t spans;
    struct text rows;
};

struct span_bundle {
    struct span_head head;
    uint64_t unit_ns;
    struct span_group *groups; /* head.traces of them */
    struct bundle_view tables;
};
bool span_bundle_open(struct text record, struct arena *a, struct span_bundle *out);
/* The group of that trace; NULL: not in it. */
const struct span_group *span_bundle_group(const struct span_bundle *b, const uint8_t trace_id[16]);

#define SPAN_NO_ROW UINT32_MAX

/* What rollups, indexes and trees need of a span; attributes are stepped over. */
struct span_brief {
    const uint8_t *span_id; /* 8 bytes, in the record */
    uint8_t parent_id[8];   /* zero: none */
    uint32_t parent_row; /* of the group, before this one; SPAN_NO_ROW: its parent is not there */
    uint64_t start_ns, end_ns;
    struct text name, op;
    uint8_t kind, code, status;
    uint16_t flags;
    double weight;
    uint32_t resource;        /* number in tables.resources */
    uint32_t shape;           /* number in tables.shapes */
    const struct attr *attrs; /* all of them, attr_count: valid until the next row */
    uint32_t attr_count;
};

struct span_cursor {
    const struct span_bundle *bundle;
    const struct span_group *group;
    struct wire w;
    struct arena *arena;
    const uint8_t **ids; /* of the rows so far */
    struct attr *attrs;  /* of the row last read by span_cursor_brief */
    uint32_t row, attr_room;
    uint64_t start; /* of the row before, in units */
    bool failed;    /* the rows are damaged, or the arena is spent */
};
/* Walk the spans of one group. */
void span_cursor_open(struct span_cursor *c, const struct span_bundle *b,
                      const struct span_group *g, struct arena *a);
/* The next one, with all it has; false at the end, or when `failed`. */
bool span_cursor_next(struct span_cursor *c, struct span *out);
bool span_cursor_brief(struct span_cursor *c, struct span_brief *out);

#endif
