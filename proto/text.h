/* text.h -- a borrowed run of bytes, with its length.
 * For        passing strings around without copying them or asking for a final NUL.
 * Ownership  none: the bytes belong to a body, an arena or a literal that outlives the text.
 * An absent text has at == NULL; an empty one has at != NULL and len == 0. */
#ifndef QUERN_PROTO_TEXT_H
#define QUERN_PROTO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct text {
    const char *at;
    size_t len;
};

/* A text over a string literal. */
#define TEXT(literal) ((struct text){"" literal, sizeof(literal) - 1})
#define TEXT_NONE ((struct text){NULL, 0})
/* For printf: "%.*s", TEXT_ARG(t) */
#define TEXT_ARG(t) (int)(t).len, (t).at ? (t).at : ""

/* memcmp() == 0, without a call for the few bytes that names have: loads that may overlap. */
static inline bool text_same(const char *a, const char *b, size_t len)
{
    uint64_t x, y, xx, yy;
    uint32_t p, q, pp, qq;

    if (len > 16)
        return memcmp(a, b, len) == 0;
    if (len >= 8) {
        memcpy(&x, a, 8);
        memcpy(&y, b, 8);
        memcpy(&xx, a + len - 8, 8);
        memcpy(&yy, b + len - 8, 8);
        return ((x ^ y) | (xx ^ yy)) == 0;
    }
    if (len >= 4) {
        memcpy(&p, a, 4);
        memcpy(&q, b, 4);
        memcpy(&pp, a + len - 4, 4);
        memcpy(&qq, b + len - 4, 4);
        return ((p ^ q) | (pp ^ qq)) == 0;
    }
    while (len && a[len - 1] == b[len - 1])
        len--;
    return len == 0;
}

/* A place in a table of 2^bits that depends on the length and some of the bytes. Not of an empty text. */
static inline unsigned text_slot(struct text t, unsigned bits)
{
    uint64_t word;
    uint32_t first, last;

    if (t.len >= 8) {
        memcpy(&word, t.at + t.len - 8, 8);
    } else if (t.len >= 4) {
        memcpy(&first, t.at, 4);
        memcpy(&last, t.at + t.len - 4, 4);
        word = (uint64_t)first << 32 | last;
    } else {
        word = (unsigned char)t.at[0] | (uint64_t)(unsigned char)t.at[t.len - 1] << 8;
    }
    return (unsigned)((word + t.len) * 0x9e3779b97f4a7c15 >> (64 - bits));
}

static inline bool text_eq(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool text_is(struct text a, const char *literal)
{
    size_t len = strlen(literal);

    return a.len == len && (len == 0 || memcmp(a.at, literal, len) == 0);
}

static inline bool text_empty(struct text a)
{
    return a.len == 0;
}

static inline struct text text_of(const char *zstring)
{
    return (struct text){zstring, zstring ? strlen(zstring) : 0};
}

static inline struct text text_cut(struct text a, size_t from, size_t len)
{
    if (from > a.len)
        from = a.len;
    if (len > a.len - from)
        len = a.len - from;
    return (struct text){a.at ? a.at + from : NULL, len};
}

/* ASCII case folded comparison, prefixes and suffixes; text.c */
bool text_eq_nocase(struct text a, struct text b);
bool text_starts(struct text a, const char *prefix);
bool text_starts_nocase(struct text a, const char *prefix);
bool text_ends(struct text a, const char *suffix);
/* Offset of the first occurrence, or a.len when there is none. */
size_t text_find(struct text a, struct text needle);
size_t text_find_nocase(struct text a, struct text needle);
size_t text_find_byte(struct text a, char byte);
/* Without ASCII blanks (space, \t, \r, \n, \f, \v) at both ends. */
struct text text_trim(struct text a);
/* All digits, and it fits: true and the value. */
bool text_u64(struct text a, unsigned long long *out);
/* At most `max` bytes, never ending inside a UTF-8 sequence. */
struct text text_clip(struct text a, size_t max);

/* Bytes of the well-formed UTF-8 sequence (RFC 3629) at a.at[from]: 1 to 4; 0 when it is none. */
size_t text_char(struct text a, size_t from);
/* Characters in it; a malformed byte counts as one. */
size_t text_chars(struct text a);
/* The first `max` characters. */
struct text text_clip_chars(struct text a, size_t max);
#ifdef __SSE2__
/* Bit i: byte i of sixteen is below 0x20, a quote, a backslash, or not ASCII. */
static inline unsigned text_careful_16(const char *at)
{
    __m128i x = _mm_loadu_si128((const __m128i *)at);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1f)), x);
    __m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));

    /* movemask takes the high bit, which is that of the byte itself when it is not ASCII */
    return (unsigned)_mm_movemask_epi8(
        _mm_or_si128(_mm_or_si128(control, quote), _mm_or_si128(slash, x)));
}
#endif
/* Length of the leading part that may stand in a JSON string as it is: printable ASCII without
 * quote and backslash. */
size_t text_plain(struct text a);
/* Where that part ends. Most strings are short, so the first look is made in place. */
static inline const char *text_plain_end(const char *at, const char *end)
{
#ifdef __SSE2__
    if (end - at >= 16) {
        unsigned careful = text_careful_16(at);

        if (careful)
            return at + __builtin_ctz(careful);
        at += 16;
    }
#endif
    return at + text_plain((struct text){at, (size_t)(end - at)});
}

#endif
