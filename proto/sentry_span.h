/* sentry_span.h -- what Sentry SDKs send about time: transactions, spans alone, containers of
 * spans, of logs, of metrics. JSON trees in, struct span and struct logrec out.
 * For        envelope items `transaction`, `span`, `log`, `trace_metric`.
 * Ownership  results live in the arena and point into the trees.
 * Errors     a broken element is left out and counted; a broken whole says why.
 * Order      scrub the tree first (model/scrub.h), then come here.
 * Source     develop.sentry.dev: transaction payloads, span protocol, logs, trace metrics; Relay. */
#ifndef QUERN_PROTO_SENTRY_SPAN_H
#define QUERN_PROTO_SENTRY_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/event.h"
#include "proto/json.h"
#include "proto/logrec.h"
#include "proto/span.h"

/* What the envelope says that the item does not. */
struct sentry_context {
    int64_t received_us;
    struct text project_slug; /* the service, when nobody names one */
    struct text sent_at;      /* for clock drift; containers only, events have done it */
    const struct json *trace; /* header `trace`: the dynamic sampling context; NULL: none */
    const struct json *sdk;   /* header `sdk`; NULL: none */
    struct text platform;     /* item header; may be absent */
};

enum sentry_rc {
    SENTRY_OK,
    SENTRY_NOT_OBJECT,
    SENTRY_NO_TRACE,  /* no trace context, or an id in it is missing or zero */
    SENTRY_BAD_TIME,  /* no start, or the end before it */
    SENTRY_BAD_COUNT, /* item_count is not the number of items */
    SENTRY_NO_ITEMS,  /* a container without a list */
    SENTRY_SPENT
};
const char *sentry_rc_reason(enum sentry_rc rc); /* for outcomes: "invalid_transaction" … */

struct sentry_spans {
    struct span *spans;
    uint32_t count;
    uint32_t broken; /* elements left out */
};

/* A normalised, scrubbed event of type transaction: its root span first, then its spans. */
enum sentry_rc sentry_transaction(const struct event *e, const struct sentry_context *ctx,
                                  struct arena *a, struct sentry_spans *out);
/* A `span` item without the container's content type. */
enum sentry_rc sentry_span(const struct json *root, const struct sentry_context *ctx,
                           struct arena *a, struct sentry_spans *out);
/* application/vnd.sentry.items.span.v2+json. `item_count` of the header; -1: not stated. */
enum sentry_rc sentry_span_items(const struct json *root, int64_t item_count,
                                 const struct sentry_context *ctx, struct arena *a,
                                 struct sentry_spans *out);

struct sentry_logs {
    struct logrec *logs;
    uint32_t count, broken;
};
/* application/vnd.sentry.items.log+json */
enum sentry_rc sentry_log_items(const struct json *root, int64_t item_count,
                                const struct sentry_context *ctx, struct arena *a,
                                struct sentry_logs *out);
/* application/vnd.sentry.items.trace-metric+json: only looked at, since nothing keeps them. */
enum sentry_rc sentry_metric_items(const struct json *root, int64_t item_count, uint32_t *valid,
                                   uint32_t *broken);

/* OTLP's kind of a Sentry op: "http.server" is a server's span, "db.query" a client's … */
uint8_t span_kind_of_op(struct text op);

#endif
