/* deflate.h -- the other way: an answer made smaller before it leaves.
 * For        lists of the management API: a page of 100 issues is 145 KB, or 9 KB.
 * Ownership  the result lives in the arena; zlib's own state is malloc'ed and freed within the call.
 * Source     RFC 1952. Level 1: nine tenths of the gain for a third of the time of level 6. */
#ifndef QUERN_PROTO_DEFLATE_H
#define QUERN_PROTO_DEFLATE_H

#include "proto/arena.h"
#include "proto/text.h"

/* gzip. TEXT_NONE: no memory, or it would not become smaller. */
struct text deflate_gzip(struct text plain, struct arena *a);

#endif
