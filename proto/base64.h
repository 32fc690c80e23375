/* base64.h -- RFC 4648 §4 and §5, read tolerantly: both alphabets, padding optional, line ends
 * skipped, a blank in the middle is a '+' that a form decoder has eaten. Pure; the result lives in
 * the arena. */
#ifndef QUERN_PROTO_BASE64_H
#define QUERN_PROTO_BASE64_H

#include "proto/arena.h"
#include "proto/text.h"

/* TEXT_NONE: not base64, or the arena is spent. */
struct text base64_read(struct text t, struct arena *a);

#endif
