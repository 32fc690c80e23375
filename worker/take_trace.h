/* take_trace.h -- what Sentry SDKs send about time: transactions, spans, containers of spans, logs and
 * metrics. Adds to the intake (spans and logs through span_work_of), appends and answers nothing. */
#ifndef QUERN_WORKER_TAKE_TRACE_H
#define QUERN_WORKER_TAKE_TRACE_H

#include "proto/envelope.h"
#include "proto/event.h"
#include "proto/sentry_span.h"
#include "worker/intake.h"
#include "worker/take_event.h"

/* What the envelope says about its items; `item` may be NULL. */
struct sentry_context trace_context(const struct intake *in, const struct envelope *env,
                                    const struct envelope_item *item);

/* A `transaction` item. `e` holds the event afterwards, its id is set unless EVENT_INVALID. */
enum event_fate take_transaction_json(struct intake *in, struct text json,
                                      const struct event_context *ctx,
                                      const struct sentry_context *sentry, struct event *e,
                                      enum event_rc *why);
/* The same from a normalised event that turned out to be one; its limit is taken. */
enum event_fate take_transaction(struct intake *in, struct event *e,
                                 const struct sentry_context *sentry);

/* How many elements of an item were stored (or, metrics, counted), how many were broken, and why. */
struct trace_count {
    uint32_t stored, broken;
    const char *reason; /* of the broken ones; literal */
};
/* `span`, `log` and `trace_metric` items. Limits are not taken. */
struct trace_count take_trace_item(struct intake *in, const struct envelope_item *item,
                                   const struct sentry_context *sentry);

#endif
