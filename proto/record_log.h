/* record_log.h -- RECORD_LOGS: a bundle of log records of one project, in order of time.
 * Ownership, errors: as proto/record_span.h.
 * Layout     u8 version, 3 zero bytes, u32 project, i64 received_ms; then varints: time of the
 * first in ns, time from there to the last, records, traces; per trace its id and how many records;
 * the tables of proto/bundle.h; the rows: shape, time behind the row before, then, as the head word
 * says, observed time behind time, trace number, span id; varying values. Search     texts are
 * stored as they are, so bytes that do not occur in the record do not occur in any of its texts. */
#ifndef QUERN_PROTO_RECORD_LOG_H
#define QUERN_PROTO_RECORD_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/buf.h"
#include "proto/bundle.h"
#include "proto/logrec.h"
#include "proto/record_span.h"

/* ---- packing ---- */

struct log_packer;
struct log_packer *log_packer_new(void); /* NULL: no memory */
void log_packer_free(struct log_packer *p);
/* `filter` may be NULL; it must outlive the records that are made. */
void log_packer_open(struct log_packer *p, uint32_t project, int64_t received_ms,
                     const struct attr_filter *filter);
enum pack_rc log_packer_add(struct log_packer *p, const struct logrec *l);
uint32_t log_packer_count(const struct log_packer *p);
void log_packer_finish(struct log_packer *p, struct buf *out);

/* ---- reading ---- */

struct log_head {
    uint32_t project;
    int64_t received_ms;
    uint64_t first_ns, last_ns;
    uint32_t logs, traces;
};
bool log_bundle_head(struct text record, struct log_head *out);
void log_bundle_digest(struct text record, uint8_t out[16]);
/* Records of that trace in it; needs no arena and no tables. */
uint32_t log_bundle_has(struct text record, const uint8_t trace_id[16]);

struct log_bundle {
    struct log_head head;
    struct text record;
    const uint8_t **traces; /* head.traces ids of 16 bytes, in the record */
    struct bundle_view tables;
    struct wire rows;
};
bool log_bundle_open(struct text record, struct arena *a, struct log_bundle *out);

struct log_cursor {
    const struct log_bundle *bundle;
    struct wire w;
    struct arena *arena;
    uint32_t row;
    uint64_t time_ns; /* of the row before */
    bool failed;
};
void log_cursor_open(struct log_cursor *c, const struct log_bundle *b, struct arena *a);
/* The next in order of time; its attributes take arena room. False at the end, or when `failed`. */
bool log_cursor_next(struct log_cursor *c, struct logrec *out);

#endif
