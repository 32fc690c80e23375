/* otlp.h -- bodies of OTLP/HTTP: traces, logs, metrics; protobuf and JSON; and the answers to
 * them.
 * For        POST /v1/traces, /v1/logs, /v1/metrics and their Sentry-shaped aliases.
 * Use        otlp_open, then otlp_next_span (or _log, or otlp_count_points) until it says false,
 *            then otlp_close, which alone says whether the body was whole. Store nothing before
 *            that.
 * Ownership  a span or log that was handed out lives until the next call of otlp_next_*; resources
 *            and scopes live in the caller's arena. The body must outlive the reader.
 * Memory     protobuf: one span at a time, whatever the batch holds. JSON: the tree, in the arena.
 * Errors     one bad item never fails the others: it is counted as rejected, with its reason. A
 *            body that is no OTLP fails as a whole.
 * Depth      protobuf-c has no recursion limit, so nesting is measured on the wire before it
 *            unpacks.
 * Source     opentelemetry-proto docs/specification.md; its JSON mapping; google/rpc/status.proto. */
#ifndef QUERN_PROTO_OTLP_H
#define QUERN_PROTO_OTLP_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/buf.h"
#include "proto/logrec.h"
#include "proto/span.h"
#include "proto/text.h"

enum otlp_signal { OTLP_TRACES, OTLP_LOGS, OTLP_METRICS, OTLP_PROFILES };
enum otlp_encoding { OTLP_PROTOBUF, OTLP_JSON };

enum otlp_rc {
    OTLP_DONE,      /* every byte understood */
    OTLP_MALFORMED, /* not protobuf, or not JSON, or of another shape */
    OTLP_TOO_DEEP,  /* values nested beyond ANY_DEPTH_MAX */
    OTLP_TOO_MANY,  /* more JSON values than JSON_TOKENS_MAX */
    OTLP_SPENT      /* the arena's budget is used up */
};
const char *otlp_rc_text(enum otlp_rc rc);

/* Why an item was rejected. */
enum otlp_reject {
    OTLP_BAD_TRACE_ID,
    OTLP_BAD_SPAN_ID,
    OTLP_BAD_TIME,
    OTLP_TOO_OLD,
    OTLP_TOO_LARGE,
    OTLP_REJECTS
};

struct otlp_tally {
    uint32_t accepted, rejected;
    uint32_t rejects[OTLP_REJECTS];
    uint32_t bad_parents, bad_services, bad_log_ids; /* accepted, but worth a warning */
};

struct otlp_context {
    int64_t received_ns;
    int64_t oldest_ns; /* spans that end before it are refused; 0: none is too old */
};

struct otlp; /* a reader; lives in the arena */

enum otlp_rc otlp_open(enum otlp_signal signal, enum otlp_encoding encoding, struct text body,
                       const struct otlp_context *ctx, struct arena *a, struct otlp **out);
bool otlp_next_span(struct otlp *o, struct span *out);
bool otlp_next_log(struct otlp *o, struct logrec *out);
/* OTLP_METRICS: how many data points the body holds; all of them count as rejected. */
void otlp_count_points(struct otlp *o);
/* Gives back the reader's own memory. `tally` may be NULL. */
enum otlp_rc otlp_close(struct otlp *o, struct otlp_tally *tally);

/* ---- answers ---- */

/* application/x-protobuf or application/json, with any parameters, in any case;
 * application/protobuf as well. False: another type. */
bool otlp_encoding_of(struct text content_type, enum otlp_encoding *out);
/* What may be sent back: exactly these, without parameters; exporters compare them as strings. */
const char *otlp_content_type(enum otlp_encoding encoding);
/* One line for partial_success.error_message: counts and reasons, rejections first; empty: nothing
 * to say. In the arena. */
struct text otlp_message(enum otlp_signal signal, const struct otlp_tally *t, struct arena *a);
/* Export…ServiceResponse. Nothing rejected and no message: zero bytes or `{}`. */
void otlp_write_success(struct buf *b, enum otlp_signal signal, enum otlp_encoding encoding,
                        uint64_t rejected, struct text message);
/* google.rpc.Status; the code follows from the HTTP status as the Collector maps it. */
void otlp_write_status(struct buf *b, enum otlp_encoding encoding, int http_status,
                       struct text message);

#endif
