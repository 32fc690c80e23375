/* msgpack.h -- MessagePack read as a JSON tree: crash uploaders of native programs leave their event and
 * breadcrumbs in that form (Sentry's native SDK, files __sentry-event, __sentry-breadcrumb1 and 2).
 * Ownership  strings point into the bytes, or into the arena where they need escapes.
 * Tolerance  binary and extension values become null, keys that are no strings leave with their value,
 *            nesting beyond JSON_DEPTH_MAX is refused.
 * Source     the MessagePack specification, github.com/msgpack/msgpack/blob/master/spec.md. */
#ifndef QUERN_PROTO_MSGPACK_H
#define QUERN_PROTO_MSGPACK_H

#include "proto/arena.h"
#include "proto/json.h"
#include "proto/text.h"

/* The next value of *bytes, which is cut off; files of breadcrumbs hold one after the other. NULL: the
 * end, malformed, or the arena is spent. */
struct json *msgpack_next(struct text *bytes, struct arena *a);

#endif
