/* envelope.h -- a Sentry envelope cut into its items: one header line, then items with a header
 * line and a payload each.
 * Ownership  everything points into the body or lives in the arena.
 * Errors     all or nothing: an envelope with one malformed item is refused whole. Unknown types,
 *            unknown headers, and headers with values that make no sense are not errors.
 * Tolerance  a CR before the LF of a header line; blank lines between items and at the end; no LF
 *            at the end; `length` may be absent, then the payload ends at LF or at the end.
 * Source     Sentry's envelope specification; Relay's parser. */
#ifndef QUERN_PROTO_ENVELOPE_H
#define QUERN_PROTO_ENVELOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/dsn.h"
#include "proto/json.h"
#include "proto/text.h"

enum envelope_rc {
    ENVELOPE_OK,
    ENVELOPE_EMPTY,      /* no byte at all */
    ENVELOPE_BAD_HEADER, /* the first line is no JSON object */
    ENVELOPE_BAD_ITEM,   /* an item header is no JSON object with a string `type` */
    ENVELOPE_NO_NEWLINE, /* something else where a line must end */
    ENVELOPE_CUT_SHORT,  /* `length` points behind the end */
    ENVELOPE_TOO_MANY,   /* more than ENV_ITEMS_MAX items: 413 */
    ENVELOPE_SPENT
};
const char *envelope_rc_text(enum envelope_rc rc); /* as Relay says it */

enum item_type {
    ITEM_UNKNOWN,
    ITEM_EVENT,
    ITEM_TRANSACTION,
    ITEM_SPAN,
    ITEM_LOG,
    ITEM_TRACE_METRIC,
    ITEM_SESSION,
    ITEM_SESSIONS,
    ITEM_ATTACHMENT,
    ITEM_USER_REPORT,
    ITEM_FEEDBACK,
    ITEM_CLIENT_REPORT,
    ITEM_CHECK_IN,
    ITEM_PROFILE,
    ITEM_PROFILE_CHUNK,
    ITEM_REPLAY_EVENT,
    ITEM_REPLAY_RECORDING,
    ITEM_REPLAY_VIDEO,
    ITEM_RAW_SECURITY,
    ITEM_NEL,
    ITEM_STATSD,
    ITEM_METRIC_BUCKETS,
    ITEM_METRIC_META,
    ITEM_OTEL_LOG,
    ITEM_OTEL_SPAN,
    ITEM_OTEL_TRACES,
    ITEM_TYPES
};

/* What is known of a type beforehand. */
struct item_kind {
    const char *name;     /* as in the header */
    const char *category; /* of outcomes and rate limits; NULL: never limited (client_report) */
    uint64_t bytes_max;   /* of one payload; 0: not limited singly */
    uint32_t count_max;   /* per envelope; 0: not limited */
    bool is_event;        /* at most one of all these per envelope */
};
const struct item_kind *item_kind(enum item_type type);
enum item_type item_type_of(struct text name);

struct envelope_item {
    enum item_type type;
    struct text type_name; /* as sent */
    struct text payload;
    struct text content_type, filename, attachment_type, platform, span_id;
    struct text release, environment; /* sentry_release, sentry_environment: raw_security */
    int64_t item_count, meta_length;  /* -1: absent */
};

struct envelope {
    bool has_event_id;
    uint8_t event_id[16];
    struct text event_id_text; /* as sent; absent when malformed */
    struct text sent_at;       /* absent when it is no date */
    bool has_dsn;
    struct dsn dsn;
    const struct json *sdk, *trace; /* objects, or NULL */
    const struct json *header;
    struct envelope_item *items;
    uint32_t count;
};

enum envelope_rc envelope_read(struct text body, struct arena *a, struct envelope *out);
/* Only the header line, for authentication before the rest is looked at. */
enum envelope_rc envelope_read_header(struct text body, struct arena *a, struct envelope *out);

/* A file name that is safe to store and to offer: base name, no control characters, at most
 * FILENAME_MAX_BYTES, "attachment" when nothing is left. */
struct text envelope_filename(struct text sent, struct arena *a);

#endif
