/* Content encodings: all of them, cut, corrupt, and as bombs. */
#include <sys/resource.h>
#include <zlib.h>
#include <zstd.h>

#include "proto/base64.h"
#include "proto/inflate.h"
#include "proto/limits.h"
#include "proto/store.h"
#include "t/lib/tap.h"

static struct inflate_buf buf;
static struct arena arena;

static const char plain[] = "{\"message\":\"hello hello hello hello\"}";
#define PLAIN ((struct text){plain, sizeof plain - 1})

/* brotli of `plain`: there is no encoder among what quern is built with. One uncompressed metablock
 * (RFC 7932 §9.2): lgwin 16, not last, 4 nibbles of length - 1, uncompressed; then the last, empty.
 */
static struct text brotli_of(struct text t)
{
    char *out = arena_alloc(&arena, t.len + 8);
    uint32_t header = (uint32_t)(t.len - 1) << 4 | 1u << 20; /* WBITS 0, ISLAST 0, MNIBBLES 0 */

    memcpy(out, &header, 3);
    memcpy(out + 3, t.at, t.len);
    out[3 + t.len] = 0x03; /* ISLAST, ISLASTEMPTY */
    return (struct text){out, t.len + 4};
}

static struct text deflated(struct text t, int window_bits)
{
    size_t room = t.len + 1024;
    char *out = arena_alloc(&arena, room);
    z_stream z = {0};

    deflateInit2(&z, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
    z.next_in = (unsigned char *)t.at;
    z.avail_in = (unsigned)t.len;
    z.next_out = (unsigned char *)out;
    z.avail_out = (unsigned)room;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return (struct text){out, room - z.avail_out};
}

static struct text zstd_of(struct text t, int window_log)
{
    size_t room = ZSTD_compressBound(t.len);
    char *out = arena_alloc(&arena, room);
    ZSTD_CCtx *c = ZSTD_createCCtx();
    ZSTD_inBuffer in = {t.at, t.len, 0};
    ZSTD_outBuffer to = {out, room, 0};

    ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, window_log);
    ZSTD_compressStream2(c, &to, &in, ZSTD_e_end); /* no content size: the window is what it says */
    ZSTD_freeCCtx(c);
    return (struct text){out, to.pos};
}

static struct text joined(struct text a, struct text b)
{
    char *out = arena_alloc(&arena, a.len + b.len);

    memcpy(out, a.at, a.len);
    memcpy(out + a.len, b.at, b.len);
    return (struct text){out, a.len + b.len};
}

static void good(const char *encoding, struct text body, const char *name)
{
    struct text out = TEXT_NONE;
    enum inflate_rc rc = inflate_body(text_of(encoding), body, MIB, &buf, &out);

    ok(rc == INFLATE_OK && text_eq(out, PLAIN), "%s", name);
}

static void bad(const char *encoding, struct text body, enum inflate_rc want, const char *name)
{
    struct text out;

    is_int(inflate_body(text_of(encoding), body, MIB, &buf, &out), want, "%s", name);
}

static void encodings(void)
{
    struct text gz = deflated(PLAIN, 31), half = text_cut(PLAIN, 0, 10);

    good("gzip", gz, "§10.29 gzip");
    good("X-GZip", gz, "§10.29 x-gzip, any case");
    good("deflate", deflated(PLAIN, 15), "§10.29 deflate as zlib");
    good("deflate", deflated(PLAIN, -15), "§10.29 deflate raw");
    good("zlib", deflated(PLAIN, 15), "zlib, as the Collector calls it");
    good("br", brotli_of(PLAIN), "§10.29 br");
    good("zstd", zstd_of(PLAIN, 17), "§10.29 zstd");
    good(NULL, PLAIN, "§10.29 no header");
    good("", PLAIN, "§10.29 an empty one");
    good(" identity ", PLAIN, "§10.29 identity");
    good("UTF-8", PLAIN, "§10.29 UTF-8");
    good("none", PLAIN, "none");
    good(NULL, gz, "gzip without a header is seen");
    good("gzip", joined(deflated(half, 31), deflated(text_cut(PLAIN, 10, PLAIN.len), 31)),
         "concatenated members");
    good("gzip", joined(gz, TEXT("garbage")), "garbage behind the member");
}

static void faults(void)
{
    struct text gz = deflated(PLAIN, 31);

    bad("gzip", text_cut(gz, 0, gz.len - 9), INFLATE_CORRUPT, "§10.30 truncated gzip");
    bad("gzip", text_cut(gz, 0, gz.len - 1), INFLATE_CORRUPT, "§10.30 ... by one byte");
    bad("gzip", PLAIN, INFLATE_CORRUPT, "§10.30 gzip on plain JSON");
    bad("compress", PLAIN, INFLATE_UNKNOWN, "§10.30 an unknown coding");
    bad("gzip", TEXT(""), INFLATE_CORRUPT, "§10.31 an empty gzip body");
    bad("br", TEXT(""), INFLATE_CORRUPT, "empty br");
    bad("zstd", TEXT(""), INFLATE_CORRUPT, "empty zstd");
    bad("deflate", TEXT(""), INFLATE_CORRUPT, "empty deflate");
    bad("br", PLAIN, INFLATE_CORRUPT, "br that is none");
    bad("br", text_cut(brotli_of(PLAIN), 0, 20), INFLATE_CORRUPT, "truncated br");
    bad("zstd", PLAIN, INFLATE_CORRUPT, "zstd that is none");
    bad("zstd", text_cut(zstd_of(PLAIN, 17), 0, 20), INFLATE_CORRUPT, "truncated zstd");
    bad("deflate", PLAIN, INFLATE_CORRUPT, "deflate that is none");
    ((char *)gz.at)[gz.len - 8] ^= 1;
    bad("gzip", gz, INFLATE_CORRUPT, "a wrong checksum");
}

/* Ten megabytes of zeros, compressed, over and over: what comes out has no end in sight. */
static struct text gzip_bomb(void)
{
    static char zeros[10 * MIB];
    struct text member = deflated((struct text){zeros, sizeof zeros}, 31);
    struct text all = member;

    for (int i = 0; i < 10; i++)
        all = joined(all, all);
    return all;
}

static void bombs(void)
{
    struct rusage before, after;
    struct text bomb = gzip_bomb(), out;
    static char zeros[20 * MIB];

    note("bomb: %zu bytes stand for 10 GiB", bomb.len);
    getrusage(RUSAGE_SELF, &before);
    is_int(inflate_body(TEXT("gzip"), bomb, MIB, &buf, &out), INFLATE_TOO_LARGE,
           "§10.31 gzip bomb");
    getrusage(RUSAGE_SELF, &after);
    ok(after.ru_maxrss - before.ru_maxrss < 16 * 1024, "§10.31 memory stays flat");
    ok(buf.room <= MIB + 1, "§10.31 the buffer grew to the limit and no further");
    is_int(inflate_body(TEXT("br"), brotli_of((struct text){zeros, 60000}), 50000, &buf, &out),
           INFLATE_TOO_LARGE, "§10.31 br beyond the limit");
    is_int(inflate_body(TEXT("zstd"), zstd_of((struct text){zeros, sizeof zeros}, 20), MIB, &buf,
                        &out),
           INFLATE_TOO_LARGE, "zstd bomb");
    is_int(inflate_body(TEXT("zstd"), zstd_of((struct text){zeros, sizeof zeros}, 24), 100 * MIB,
                        &buf, &out),
           INFLATE_CORRUPT, "a zstd window beyond the cap is refused");
    is_int(inflate_body(TEXT("deflate"), deflated((struct text){zeros, sizeof zeros}, 15), MIB,
                        &buf, &out),
           INFLATE_TOO_LARGE, "deflate bomb");
    is_int(inflate_body(TEXT("gzip"), deflated((struct text){zeros, MIB}, 31), MIB, &buf, &out),
           INFLATE_OK, "exactly the limit is fine");
    is_int(out.len, MIB, "... all of it");
    is_int(inflate_body(TEXT(""), (struct text){zeros, MIB + 1}, MIB, &buf, &out),
           INFLATE_TOO_LARGE, "plain bodies have the limit as well");
    inflate_buf_trim(&buf, 64 * KIB);
    is_int(buf.room, 0, "a giant is given back");
    good("gzip", deflated(PLAIN, 31), "and it goes on");
}

static struct text base64_of(struct text t)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *out = arena_alloc(&arena, t.len * 2 + 4), *to = out;

    for (size_t i = 0; i < t.len; i += 3) {
        uint32_t bits = (uint32_t)(unsigned char)t.at[i] << 16;

        if (i + 1 < t.len)
            bits |= (uint32_t)(unsigned char)t.at[i + 1] << 8;
        if (i + 2 < t.len)
            bits |= (unsigned char)t.at[i + 2];
        *to++ = digits[bits >> 18];
        *to++ = digits[bits >> 12 & 63];
        *to++ = i + 1 < t.len ? digits[bits >> 6 & 63] : '=';
        *to++ = i + 2 < t.len ? digits[bits & 63] : '=';
    }
    return (struct text){out, (size_t)(to - out)};
}

static void stores(struct text body, const char *name)
{
    struct text out;

    ok(store_body(body, MIB, &arena, &buf, &out) == STORE_OK && text_eq(out, PLAIN), "%s", name);
}

static void store(void)
{
    struct text out, encoded = base64_of(deflated(PLAIN, 15));
    char *blanks = arena_dup(&arena, encoded.at, encoded.len);

    stores(PLAIN, "§10.34 plain JSON");
    stores(base64_of(PLAIN), "§10.34 base64 of JSON");
    stores(encoded, "§10.34 base64 of zlib of JSON");
    for (size_t i = 0; i < encoded.len; i++)
        if (blanks[i] == '+')
            blanks[i] = ' ';
    stores((struct text){blanks, encoded.len}, "§10.34 ... whose + became blanks on the way");
    inflate_body(TEXT("gzip"), deflated(encoded, 31), MIB, &buf, &out);
    stores(out, "§10.34 gzip of base64 of zlib");
    is_int(store_body(TEXT(" \n"), MIB, &arena, &buf, &out), STORE_EMPTY, "nothing");
    is_int(store_body(TEXT("hello!"), MIB, &arena, &buf, &out), STORE_BAD, "neither");
    is_int(store_body(base64_of(TEXT("hello")), MIB, &arena, &buf, &out), STORE_BAD,
           "base64 of something else");
    is_int(store_body(encoded, 10, &arena, &buf, &out), STORE_TOO_LARGE, "more than allowed");
    ok(!base64_read(TEXT("A"), &arena).at && !base64_read(TEXT("AA=A"), &arena).at, "bad base64");
    is_text(base64_read(TEXT("aGk_\r\n-A=="), &arena), "hi?\xf8", "base64url, line ends");
}

int main(void)
{
    arena_init(&arena, 256 * MIB);
    encodings();
    faults();
    bombs();
    store();
    arena_free(&arena);
    inflate_buf_free(&buf);
    return done_testing();
}
