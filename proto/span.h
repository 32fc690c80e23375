/* span.h -- one span, whatever it was before: an OTLP span, a Sentry transaction or one of its
 *            spans, a standalone span, an element of a span container.
 * For        decoders (who make it), the batch record (proto/record_span.h), model/trace.
 * Ownership  texts and lists belong to the arena of whoever made it.
 * Times      nanoseconds since 1970; at most INT64_MAX, end never before start. */
#ifndef QUERN_PROTO_SPAN_H
#define QUERN_PROTO_SPAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "proto/attr.h"
#include "proto/text.h"

enum span_kind { /* OTLP's numbers */
                 SPAN_UNSPECIFIED,
                 SPAN_INTERNAL,
                 SPAN_SERVER,
                 SPAN_CLIENT,
                 SPAN_PRODUCER,
                 SPAN_CONSUMER
};

enum span_code { SPAN_UNSET, SPAN_OK, SPAN_FAILED }; /* OTLP's Status.code */

enum span_status { /* Sentry's words: gRPC's codes, moved up by one so that 0 is "none said" */
                   STATUS_NONE,
                   STATUS_OK,
                   STATUS_CANCELLED,
                   STATUS_UNKNOWN,
                   STATUS_INVALID_ARGUMENT,
                   STATUS_DEADLINE_EXCEEDED,
                   STATUS_NOT_FOUND,
                   STATUS_ALREADY_EXISTS,
                   STATUS_PERMISSION_DENIED,
                   STATUS_RESOURCE_EXHAUSTED,
                   STATUS_FAILED_PRECONDITION,
                   STATUS_ABORTED,
                   STATUS_OUT_OF_RANGE,
                   STATUS_UNIMPLEMENTED,
                   STATUS_INTERNAL_ERROR,
                   STATUS_UNAVAILABLE,
                   STATUS_DATA_LOSS,
                   STATUS_UNAUTHENTICATED,
                   STATUSES
};

/* struct span.flags */
#define SPAN_ENTRY 0x0001  /* starts a unit of work in its service (root, server, consumer …) */
#define SPAN_ERROR 0x0002  /* counts as failed */
#define SPAN_SENTRY 0x0004 /* came from a Sentry SDK */
#define SPAN_TRANSACTION 0x0008  /* the root of a Sentry transaction */
#define SPAN_TIME_MISSING 0x0010 /* start or end were 0 */
#define SPAN_TIME_FLIPPED 0x0020 /* end was before start */
#define SPAN_TIME_FUTURE 0x0040  /* began more than SPAN_FUTURE_MAX_S after its receipt */
#define SPAN_BAD_PARENT 0x0080   /* the parent id was malformed or its own: taken as root */
#define SPAN_CUT 0x0100          /* some value was longer than allowed */
#define SPAN_UNFINISHED 0x0200   /* had no end: clamped to its transaction's */

/* Who sent it: one per batch and process, shared by its spans. */
struct resource {
    struct text service;     /* never absent: "unknown_service" */
    struct text release;     /* "service@version", or what a Sentry SDK said; may be absent */
    struct text environment; /* may be absent */
    struct text platform;    /* Sentry's word: "python", "node" …; may be absent */
    struct attrs attrs;      /* everything, service.name too */
};

struct scope {
    struct text name, version; /* may be absent */
    struct attrs attrs;
};

struct span_event {
    uint64_t time_ns;
    struct text name;
    struct attrs attrs;
};

struct span_link {
    uint8_t trace_id[16], span_id[8];
    uint32_t otel_flags;
    struct text trace_state;
    struct attrs attrs;
};

struct span {
    uint8_t trace_id[16], span_id[8];
    uint8_t parent_id[8]; /* zero: none */
    uint64_t start_ns, end_ns;
    struct text name;           /* may be empty: "(unnamed)" */
    struct text op;             /* Sentry's; absent on OTLP spans: see model/span_name.h */
    struct text status_message; /* may be absent */
    struct text trace_state;    /* W3C; may be absent */
    uint8_t kind;               /* enum span_kind */
    uint8_t code;               /* enum span_code */
    uint8_t status;             /* enum span_status; STATUS_NONE on OTLP spans */
    uint16_t flags;             /* SPAN_* */
    uint32_t otel_flags;        /* Span.flags: bits 0-7 W3C, 8 and 9 "parent is remote" */
    double weight;              /* spans it stands for, 1 / sampling probability; 1 when unknown */
    const struct resource *resource; /* never NULL */
    const struct scope *scope;       /* may be NULL */
    struct attrs attrs;
    struct span_event *events;
    uint32_t event_count, dropped_events;
    struct span_link *links;
    uint32_t link_count, dropped_links;
};

const char *span_kind_name(uint8_t kind);     /* "server"; unspecified: "" */
uint8_t span_kind_of(struct text name);       /* "server", "SPAN_KIND_SERVER", any case; else 0 */
const char *span_status_name(uint8_t status); /* "not_found"; STATUS_NONE: "" */
/* A word of the list above or one of its aliases, in any case; anything else: STATUS_UNKNOWN. */
uint8_t span_status_of(struct text word);
/* gRPC's number, 0-16; else STATUS_UNKNOWN. */
uint8_t span_status_of_number(int64_t number);
/* Sentry's failure rate counts everything but ok, cancelled, unknown, none. */
bool span_status_failed(uint8_t status);

bool id_is_zero(const uint8_t *id, size_t len);
/* A span id to compare and to hash: its bytes as they lie in memory. */
static inline uint64_t id_word(const uint8_t id[8])
{
    uint64_t word;

    memcpy(&word, id, sizeof word);
    return word;
}

#endif
