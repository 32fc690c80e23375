/* logrec.h -- one log record: from OTLP or from a Sentry `log` item.
 * Ownership  as struct span. */
#ifndef QUERN_PROTO_LOGREC_H
#define QUERN_PROTO_LOGREC_H

#include <stdint.h>

#include "proto/attr.h"
#include "proto/span.h"

#define LOG_SENTRY 0x01
#define LOG_CUT 0x02          /* body or an attribute was longer than allowed */
#define LOG_TIME_MISSING 0x04 /* neither time nor observed time was sent */
#define LOG_BAD_ID 0x08       /* an id was malformed: kept, unlinked */

struct logrec {
    uint64_t time_ns;     /* of the record, else observed, else received */
    uint64_t observed_ns; /* 0: not said */
    uint8_t severity;     /* 0: not said; 1-4 trace 5-8 debug 9-12 info 13-16 warn 17-20 error 21-24
                             fatal */
    uint8_t flags;        /* LOG_* */
    uint32_t otel_flags;
    uint8_t trace_id[16], span_id[8]; /* zero: none */
    struct text severity_text;        /* as sent; may be absent */
    struct text event_name;           /* OTLP events; may be absent */
    struct attr body;                 /* ATTR_STRING mostly; its key is unused */
    const struct resource *resource;  /* never NULL */
    const struct scope *scope;        /* may be NULL */
    struct attrs attrs;
};

/* "trace" "debug" "info" "warn" "error" "fatal"; 0: "". */
const char *severity_name(uint8_t severity);
/* 0: not said; 1 trace … 6 fatal: the six levels that the numbers fall into. */
uint8_t severity_level(uint8_t severity);
/* The lowest number of its range from a word: "warning", "WARN", "Err", "critical" …; 0: unknown.
 */
uint8_t severity_of(struct text word);

#endif
