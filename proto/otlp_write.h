/* otlp_write.h -- spans as OTLP again: what was sent in can be had back, in both encodings.
 * For        readers that speak OTLP: Tempo's and Jaeger's APIs, downloads.
 * Added      service.name where the resource has none, since every reader looks for it; sentry.op and
 *            sentry.status on spans of Sentry SDKs, which have no other place in OTLP.
 * Source     opentelemetry-proto: trace/v1/trace.proto, and the JSON mapping of its specification;
 *            Tempo: pkg/tempopb/tempo.proto. */
#ifndef QUERN_PROTO_OTLP_WRITE_H
#define QUERN_PROTO_OTLP_WRITE_H

#include "proto/buf.h"
#include "proto/origin.h"
#include "proto/span.h"

/* Bytes that a span takes in JSON, about; without its resource. */
size_t otlp_size_about(const struct span *s);
/* "key":[{"resource":{…},"scopeSpans":[…]},…]. False: the arena is spent. */
bool otlp_write_json(struct buf *b, const char *key, const struct span *const *spans,
                     uint32_t count);
/* Repeated ResourceSpans under that field number: with 1 the bytes of a TracesData. */
bool otlp_write_protobuf(struct buf *b, uint32_t field, const struct span *const *spans,
                         uint32_t count);
/* Tempo's TraceByIDResponse around them; `partial` says what is missing, if anything is. */
bool otlp_write_tempo(struct buf *b, const struct span *const *spans, uint32_t count,
                      struct text partial);

#endif
