/* store.h -- the body of the legacy store endpoint: event JSON, or that in base64, maybe zlib
 * inside. What it is is told from the bytes, whatever the headers say (Relay does the same). */
#ifndef QUERN_PROTO_STORE_H
#define QUERN_PROTO_STORE_H

#include "proto/arena.h"
#include "proto/inflate.h"
#include "proto/text.h"

enum store_rc {
    STORE_OK,
    STORE_EMPTY,
    STORE_BAD,       /* neither JSON nor base64 of it */
    STORE_TOO_LARGE, /* after decompression */
    STORE_SPENT
};
const char *store_rc_text(enum store_rc rc);

/* The JSON in it. *out points into the body, the arena or `buf`. `body` may itself lie in `buf`. */
enum store_rc store_body(struct text body, size_t max_out, struct arena *a, struct inflate_buf *buf,
                         struct text *out);

#endif
