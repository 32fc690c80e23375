/* origin.h -- who sent the spans of a list: each distinct resource once, each of its scopes once.
 * For        writing spans in formats that name their sender once (OTLP, Jaeger). Every batch that a
 *            process sends brings its resource again, so equality is by content.
 * Ownership  results live in the arena and point to resources and scopes of the spans.
 * Cost       O(n log n), whatever the contents: sorting, no hashing that could be led to collide. */
#ifndef QUERN_PROTO_ORIGIN_H
#define QUERN_PROTO_ORIGIN_H

#include "proto/arena.h"
#include "proto/span.h"

struct origin {
    const struct resource *resource;
    const struct scope *scope; /* may be NULL */
    uint32_t sender;           /* number of the resource, from 0 */
};

struct origins {
    struct origin *at; /* those of one resource stand together; both in order of appearance */
    uint32_t count, senders;
    uint32_t *of; /* per span: its origin */
};

/* False: the arena is spent. */
bool origins_find(const struct span *const *spans, uint32_t count, struct arena *a,
                  struct origins *out);

#endif
