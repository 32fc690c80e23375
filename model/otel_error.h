/* otel_error.h -- exceptions that OpenTelemetry carries → events in Sentry's shape.
 * For        workers: span events named `exception`, spans that hold exception.* themselves, and log
 *            records that do. What comes out goes the way of every error event: scrubbed, grouped,
 *            stored.
 * Once       the id of the event is made of what happened: project, trace, type, message, stack, and
 *            ten minutes. So a batch that is sent again, an exception recorded on each of three nested
 *            spans, or both as span event and as log record, are one event to whoever drops doubles.
 * Purity     no I/O, no clock.
 * Source     OpenTelemetry semantic conventions, "Exceptions" on spans and in logs. */
#ifndef QUERN_MODEL_OTEL_ERROR_H
#define QUERN_MODEL_OTEL_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/event.h"
#include "proto/json.h"
#include "proto/logrec.h"
#include "proto/span.h"

/* An exception as it was found, before anything is made of it. */
struct otel_error {
    uint8_t id[16]; /* of the event it makes; the same for each carrier of it */
    enum level level;
    uint64_t time_ns;
    uint8_t trace_id[16], span_id[8]; /* zero: none */
    struct text type, message;
    struct text stack; /* text, or with `causes` a JSON array of messages (Rust) */
    bool causes;
    bool escaped;              /* it left the span: nobody handled it there */
    const struct attrs *attrs; /* of the carrier */
    const struct span *span;   /* of a span's */
    const struct logrec *log;  /* of a log record's */
    const struct resource *resource;
    const struct scope *scope;
};

/* Errors below this level stay with their trace: they were expected, and handled. */
#define OTEL_ISSUE_LEVEL LEVEL_ERROR

/* Those of a span, in order; in the arena. False: the arena is spent. */
bool otel_span_errors(const struct span *s, uint32_t project, struct arena *a,
                      struct otel_error **out, uint32_t *count);
/* That of a log record; false: it carries none. */
bool otel_log_error(const struct logrec *l, uint32_t project, struct otel_error *out);
/* The event, for event_from_tree. NULL: the arena is spent. */
struct json *otel_error_event(const struct otel_error *e, struct arena *a);

#endif
