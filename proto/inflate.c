#include "proto/inflate.h"

#include <brotli/decode.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "proto/limits.h"

#define FIRST_ROOM (64 * KIB)

const char *inflate_rc_text(enum inflate_rc rc)
{
    switch (rc) {
    case INFLATE_OK:
        return "ok";
    case INFLATE_UNKNOWN:
        return "unsupported content encoding";
    case INFLATE_CORRUPT:
        return "invalid compressed request body";
    case INFLATE_TOO_LARGE:
        return "request body exceeds size limit after decompression";
    case INFLATE_NO_MEMORY:
        return "out of memory";
    }
    return "invalid compressed request body";
}

void inflate_buf_free(struct inflate_buf *b)
{
    if (b->zlib)
        inflateEnd(b->zlib);
    free(b->zlib);
    ZSTD_freeDCtx(b->zstd);
    free(b->at);
    *b = (struct inflate_buf){0};
}

void inflate_buf_trim(struct inflate_buf *b, size_t keep)
{
    if (b->room <= keep)
        return;
    free(b->at);
    b->at = NULL;
    b->len = b->room = 0;
}

/* More room behind len; at most max_out + 1 in all, so that one byte too many is seen. */
static enum inflate_rc grow(struct inflate_buf *b, size_t max_out)
{
    size_t room = b->room < FIRST_ROOM / 2 ? FIRST_ROOM : b->room * 2;
    char *at;

    if (b->len > max_out)
        return INFLATE_TOO_LARGE;
    if (b->len < b->room)
        return INFLATE_OK;
    if (room > max_out + 1)
        room = max_out + 1;
    if (!(at = realloc(b->at, room)))
        return INFLATE_NO_MEMORY;
    b->at = at;
    b->room = room;
    return INFLATE_OK;
}

/* ---- zlib: gzip, deflate ---- */

static z_stream *zlib_start(struct inflate_buf *b, int window_bits)
{
    z_stream *z = b->zlib;

    if (z)
        return inflateReset2(z, window_bits) == Z_OK ? z : NULL;
    if (!(z = calloc(1, sizeof *z)))
        return NULL;
    if (inflateInit2(z, window_bits) != Z_OK) {
        free(z);
        return NULL;
    }
    return b->zlib = z;
}

/* One stream at the front of *in, appended to the buffer; *in is cut behind it. */
static enum inflate_rc zlib_stream(struct inflate_buf *b, struct text *in, int window_bits,
                                   size_t max_out)
{
    z_stream *z = zlib_start(b, window_bits);
    enum inflate_rc rc = INFLATE_OK;
    int step = Z_OK;

    if (!z)
        return INFLATE_NO_MEMORY;
    z->next_in = (unsigned char *)in->at;
    z->avail_in = in->len > UINT_MAX ? UINT_MAX : (unsigned)in->len;
    while (step != Z_STREAM_END) {
        size_t room;

        if ((rc = grow(b, max_out)) != INFLATE_OK)
            return rc;
        room = b->room - b->len;
        z->next_out = (unsigned char *)b->at + b->len;
        z->avail_out = room > UINT_MAX ? UINT_MAX : (unsigned)room;
        room = z->avail_out;
        step = inflate(z, Z_NO_FLUSH);
        b->len += room - z->avail_out;
        if (step != Z_OK && step != Z_STREAM_END) /* Z_BUF_ERROR: the input ends too early */
            return step == Z_MEM_ERROR ? INFLATE_NO_MEMORY : INFLATE_CORRUPT;
    }
    *in = text_cut(*in, in->len - z->avail_in, in->len);
    return b->len > max_out ? INFLATE_TOO_LARGE : INFLATE_OK;
}

static bool is_gzip(struct text t)
{
    return t.len >= 2 && (unsigned char)t.at[0] == 0x1f && (unsigned char)t.at[1] == 0x8b;
}

enum { GZIP_WINDOW = 15 + 16, ZLIB_WINDOW = 15, RAW_WINDOW = -15 };

static enum inflate_rc gunzip(struct inflate_buf *b, struct text in, size_t max_out)
{
    enum inflate_rc rc = zlib_stream(b, &in, GZIP_WINDOW, max_out);

    while (rc == INFLATE_OK && is_gzip(in))
        rc = zlib_stream(b, &in, GZIP_WINDOW, max_out);
    return rc;
}

/* RFC 1950 §2.2: method 8, and the two bytes are a multiple of 31. */
static bool has_zlib_header(struct text t)
{
    unsigned a = t.len >= 2 ? (unsigned char)t.at[0] : 0, c = a ? (unsigned char)t.at[1] : 0;

    return (a & 15) == 8 && (a << 8 | c) % 31 == 0;
}

static enum inflate_rc deflate_any(struct inflate_buf *b, struct text in, size_t max_out)
{
    struct text again = in;
    enum inflate_rc rc = INFLATE_CORRUPT;

    if (has_zlib_header(in))
        rc = zlib_stream(b, &in, ZLIB_WINDOW, max_out);
    if (rc == INFLATE_CORRUPT && b->len == 0) /* a raw stream may look like a header, too */
        rc = zlib_stream(b, &again, RAW_WINDOW, max_out);
    return rc;
}

/* ---- brotli ---- */

static enum inflate_rc brotli(struct inflate_buf *b, struct text in, size_t max_out)
{
    /* Without BROTLI_DECODER_PARAM_LARGE_WINDOW the window is at most 2^24, BROTLI_WINDOW_MAX. */
    BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    const uint8_t *next_in = (const uint8_t *)in.at;
    size_t left = in.len;
    BrotliDecoderResult step = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    enum inflate_rc rc = INFLATE_OK;

    if (!state)
        return INFLATE_NO_MEMORY;
    while (step == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT && rc == INFLATE_OK) {
        uint8_t *next_out;
        size_t room;

        if ((rc = grow(b, max_out)) != INFLATE_OK)
            break;
        next_out = (uint8_t *)b->at + b->len;
        room = b->room - b->len;
        step = BrotliDecoderDecompressStream(state, &left, &next_in, &room, &next_out, NULL);
        b->len = b->room - room;
    }
    if (rc == INFLATE_OK && step != BROTLI_DECODER_RESULT_SUCCESS)
        rc = INFLATE_CORRUPT;
    BrotliDecoderDestroyInstance(state);
    if (rc == INFLATE_OK && b->len > max_out)
        rc = INFLATE_TOO_LARGE;
    return rc;
}

/* ---- zstd ---- */

static enum inflate_rc zstd(struct inflate_buf *b, struct text body, size_t max_out)
{
    ZSTD_inBuffer in = {body.at, body.len, 0};
    size_t more = 1;

    if (!b->zstd && !(b->zstd = ZSTD_createDCtx()))
        return INFLATE_NO_MEMORY;
    ZSTD_DCtx_reset(b->zstd, ZSTD_reset_session_only);
    ZSTD_DCtx_setParameter(b->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    while (more || in.pos < in.size) { /* frames may follow one another */
        enum inflate_rc rc = grow(b, max_out);
        ZSTD_outBuffer out = {b->at + b->len, b->room - b->len, 0};
        size_t before = in.pos;

        if (rc != INFLATE_OK)
            return rc;
        more = ZSTD_decompressStream(b->zstd, &out, &in);
        b->len += out.pos;
        if (ZSTD_isError(more) || (more && in.pos == before && out.pos == 0))
            return INFLATE_CORRUPT;
        if (more && in.pos == in.size && out.pos < out.size)
            return INFLATE_CORRUPT; /* all is read, and it wants more */
    }
    return b->len > max_out ? INFLATE_TOO_LARGE : INFLATE_OK;
}

/* ---- which one ---- */

static enum inflate_rc result(struct inflate_buf *b, enum inflate_rc rc, struct text *out)
{
    *out = rc == INFLATE_OK ? (struct text){b->at, b->len} : TEXT_NONE;
    return rc;
}

static bool names(struct text encoding, const char *name)
{
    return text_eq_nocase(encoding, text_of(name));
}

enum inflate_rc inflate_body(struct text encoding, struct text body, size_t max_out,
                             struct inflate_buf *buf, struct text *out)
{
    encoding = text_trim(encoding);
    buf->len = 0;
    if (encoding.len == 0 && is_gzip(body))
        encoding = TEXT("gzip");
    if (encoding.len == 0 || names(encoding, "identity") || names(encoding, "none") ||
        names(encoding, "utf-8")) {
        *out = body;
        return body.len > max_out ? INFLATE_TOO_LARGE : INFLATE_OK;
    }
    if (names(encoding, "gzip") || names(encoding, "x-gzip"))
        return result(buf, gunzip(buf, body, max_out), out);
    if (names(encoding, "deflate") || names(encoding, "zlib")) /* the second: OTel's Collector */
        return result(buf, deflate_any(buf, body, max_out), out);
    if (names(encoding, "br"))
        return result(buf, brotli(buf, body, max_out), out);
    if (names(encoding, "zstd"))
        return result(buf, zstd(buf, body, max_out), out);
    return INFLATE_UNKNOWN;
}

enum inflate_rc inflate_zlib(struct text body, size_t max_out, struct inflate_buf *buf,
                             struct text *out)
{
    buf->len = 0;
    return result(buf, deflate_any(buf, body, max_out), out);
}

enum inflate_rc inflate_by_magic(struct text body, size_t max_out, struct inflate_buf *buf,
                                 struct text *out)
{
    buf->len = 0;
    if (is_gzip(body))
        return result(buf, gunzip(buf, body, max_out), out);
    if (text_starts(body, "\x28\xb5\x2f\xfd"))
        return result(buf, zstd(buf, body, max_out), out);
    *out = body;
    return body.len > max_out ? INFLATE_TOO_LARGE : INFLATE_OK;
}
