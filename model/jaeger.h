/* jaeger.h -- a trace in the JSON of Jaeger's query service, version 1: what its UI and Grafana read.
 * Purity     no I/O.
 * Tree       references follow the assembled tree: a span below a guessed parent refers to it, one
 *            that closed a circle to nobody, and a server's span that shares its id with the
 *            client's (Zipkin's bridges) is given one of its own, since readers tell spans by id.
 * Source     Jaeger: internal/uimodel/model.go; OpenTelemetry: "to Jaeger" translation. */
#ifndef QUERN_MODEL_JAEGER_H
#define QUERN_MODEL_JAEGER_H

#include "model/trace.h"
#include "proto/buf.h"

/* One element of `data`: the first `count` nodes of the tree; that there are `all` is said when they
 * are more. False: the arena is spent. */
bool jaeger_write_trace(struct buf *b, const struct trace *t, uint32_t count, uint32_t all);
/* "key":…,"type":…,"value":… as Jaeger types values. */
void jaeger_write_tag(struct buf *b, const struct attr *at);

#endif
