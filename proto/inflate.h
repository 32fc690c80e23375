/* inflate.h -- content encodings of request bodies, bounded by what may come out.
 * Forms      gzip and x-gzip (concatenated members, garbage behind them ignored), deflate or zlib
 *            (zlib, or raw as some send it), br, zstd; plain: absent, empty, identity, none, utf-8.
 *            A body without an encoding header that begins like gzip is gzip (proxies strip headers).
 * Ownership  the caller owns struct inflate_buf: one per thread, reused from body to body. A result
 *            points into the body (plain) or into the buffer, until the next call.
 * Bounds     decoding stops at max_out; memory is what came out so far, doubled, plus the decoder's
 *            window (brotli 16 MiB, zstd 8 MiB at most).
 * Source     RFC 1950, 1951, 1952, 7932, 8878, 9110 §8.4. */
#ifndef QUERN_PROTO_INFLATE_H
#define QUERN_PROTO_INFLATE_H

#include <stddef.h>

#include "proto/text.h"

enum inflate_rc {
    INFLATE_OK,
    INFLATE_UNKNOWN,   /* no such encoding: 415 */
    INFLATE_CORRUPT,   /* not what the header says, or cut short: 400 */
    INFLATE_TOO_LARGE, /* more than max_out: 413 */
    INFLATE_NO_MEMORY  /* 503 */
};
const char *inflate_rc_text(enum inflate_rc rc);

struct inflate_buf {
    char *at;
    size_t len, room;
    void *zlib, *zstd; /* decoders, made when first needed */
};

/* An empty one is all zero. */
void inflate_buf_free(struct inflate_buf *b);
/* After a giant, give back what is above `keep` bytes. */
void inflate_buf_trim(struct inflate_buf *b, size_t keep);

/* Decode `body` as the Content-Encoding header (absent: TEXT_NONE) says. */
enum inflate_rc inflate_body(struct text encoding, struct text body, size_t max_out,
                             struct inflate_buf *buf, struct text *out);
/* zlib or raw deflate, for bodies that are compressed inside (store endpoint, Unreal). */
enum inflate_rc inflate_zlib(struct text body, size_t max_out, struct inflate_buf *buf,
                             struct text *out);
/* By magic: gzip, zstd or neither (then the body itself). For crash dumps. */
enum inflate_rc inflate_by_magic(struct text body, size_t max_out, struct inflate_buf *buf,
                                 struct text *out);

#endif
