/* text.c -- comparing, searching and cutting borrowed bytes. */
#include "proto/text.h"

#include <limits.h>
#include <stdint.h>

static inline unsigned char fold(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool same_nocase(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (fold((unsigned char)a[i]) != fold((unsigned char)b[i]))
            return false;
    return true;
}

bool text_eq_nocase(struct text a, struct text b)
{
    return a.len == b.len && same_nocase(a.at, b.at, a.len);
}

bool text_starts(struct text a, const char *prefix)
{
    size_t len = strlen(prefix);

    return a.len >= len && (len == 0 || memcmp(a.at, prefix, len) == 0);
}

bool text_starts_nocase(struct text a, const char *prefix)
{
    size_t len = strlen(prefix);

    return a.len >= len && same_nocase(a.at, prefix, len);
}

bool text_ends(struct text a, const char *suffix)
{
    size_t len = strlen(suffix);

    return a.len >= len && (len == 0 || memcmp(a.at + a.len - len, suffix, len) == 0);
}

size_t text_find(struct text a, struct text needle)
{
    const char *hit;

    if (needle.len == 0)
        return 0;
    if (needle.len > a.len)
        return a.len;
    /* Most often not even the first byte is there, and memmem() takes its time to begin. */
    hit = memchr(a.at, needle.at[0], a.len - needle.len + 1);
    if (hit)
        hit = memmem(hit, a.len - (size_t)(hit - a.at), needle.at, needle.len);
    return hit ? (size_t)(hit - a.at) : a.len;
}

#ifdef __SSE2__
/* Sixteen bytes, capitals as small letters. */
static inline __m128i folded(const char *at)
{
    __m128i v = _mm_loadu_si128((const __m128i *)at);
    __m128i capital = _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8('A' - 1)),
                                    _mm_cmplt_epi8(v, _mm_set1_epi8('Z' + 1)));

    return _mm_or_si128(v, _mm_and_si128(capital, _mm_set1_epi8(0x20)));
}

/* Where the needle may begin: first and last byte are right. From *i on, sixteen places at a time, until one
 * is; the rest of the text is left to the caller. False: none among these. */
static bool find_ends(struct text a, struct text needle, size_t *i)
{
    __m128i first = _mm_set1_epi8((char)fold((unsigned char)needle.at[0]));
    __m128i last = _mm_set1_epi8((char)fold((unsigned char)needle.at[needle.len - 1]));

    for (; *i + needle.len + 15 <= a.len; *i += 16) {
        __m128i both = _mm_and_si128(_mm_cmpeq_epi8(folded(a.at + *i), first),
                                     _mm_cmpeq_epi8(folded(a.at + *i + needle.len - 1), last));
        unsigned bits = (unsigned)_mm_movemask_epi8(both);

        if (bits) {
            *i += (unsigned)__builtin_ctz(bits);
            return true;
        }
    }
    return false;
}
#else
static bool find_ends(struct text a, struct text needle, size_t *i)
{
    return false;
}
#endif

size_t text_find_nocase(struct text a, struct text needle)
{
    size_t i = 0;

    if (needle.len == 0)
        return 0;
    for (; find_ends(a, needle, &i); i++)
        if (same_nocase(a.at + i, needle.at, needle.len))
            return i;
    for (; i + needle.len <= a.len; i++)
        if (same_nocase(a.at + i, needle.at, needle.len))
            return i;
    return a.len;
}

size_t text_find_byte(struct text a, char byte)
{
    const char *hit = a.len ? memchr(a.at, byte, a.len) : NULL;

    return hit ? (size_t)(hit - a.at) : a.len;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct text text_trim(struct text a)
{
    size_t from = 0;

    while (from < a.len && is_blank(a.at[from]))
        from++;
    while (a.len > from && is_blank(a.at[a.len - 1]))
        a.len--;
    return text_cut(a, from, a.len - from);
}

bool text_u64(struct text a, unsigned long long *out)
{
    unsigned long long v = 0;

    if (a.len == 0)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        unsigned digit = (unsigned)(unsigned char)a.at[i] - '0';

        if (digit > 9 || (i >= 19 && v > (ULLONG_MAX - digit) / 10)) /* nineteen always fit */
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return true;
}

struct text text_clip(struct text a, size_t max)
{
    if (a.len <= max)
        return a;
    a.len = max;
    /* Step back over continuation bytes, so that the lead byte leaves together with them. */
    while (a.len && max - a.len < 3 && ((unsigned char)a.at[a.len] & 0xc0) == 0x80)
        a.len--;
    return a;
}

static inline bool continues(struct text a, size_t at)
{
    return at < a.len && ((unsigned char)a.at[at] & 0xc0) == 0x80;
}

size_t text_char(struct text a, size_t from)
{
    unsigned char c, next;

    if (from >= a.len)
        return 0;
    c = (unsigned char)a.at[from];
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4 || !continues(a, from + 1))
        return 0;
    if (c < 0xe0)
        return 2;
    next = (unsigned char)a.at[from + 1];
    if (c < 0xf0) { /* no overlong forms, no surrogates */
        if ((c == 0xe0 && next < 0xa0) || (c == 0xed && next > 0x9f))
            return 0;
        return continues(a, from + 2) ? 3 : 0;
    }
    if ((c == 0xf0 && next < 0x90) || (c == 0xf4 && next > 0x8f)) /* nothing above U+10FFFF */
        return 0;
    return continues(a, from + 2) && continues(a, from + 3) ? 4 : 0;
}

size_t text_chars(struct text a)
{
    size_t count = 0;

    for (size_t i = 0; i < a.len; count++) {
        size_t len = text_char(a, i);

        i += len ? len : 1;
    }
    return count;
}

struct text text_clip_chars(struct text a, size_t max)
{
    size_t at = 0;

    if (a.len <= max)
        return a;
    for (size_t count = 0; count < max && at < a.len; count++) {
        size_t len = text_char(a, at);

        at += len ? len : 1;
    }
    return (struct text){a.at, at};
}

/* High bit of each byte of `w` that is below 0x20, a quote, a backslash, or not ASCII. The classic
 * "has a zero byte" and "has a byte below n" tests may mark a byte above a marked one too much,
 * never too little: 0 means that all are plain. */
static inline uint64_t careful_word(uint64_t w)
{
    const uint64_t ones = ~(uint64_t)0 / 255, highs = ones * 0x80;
    uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');

    return (((w - ones * 0x20) & ~w) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | w) &
           highs;
}

/* The eight bytes at the one place and the other are plain; they may overlap. */
static inline bool all_plain(const char *one, const char *other)
{
    uint64_t a, b;

    memcpy(&a, one, 8);
    memcpy(&b, other, 8);
    return !(careful_word(a) | careful_word(b));
}

static size_t plain_bytes(struct text a, size_t i)
{
    for (; i < a.len; i++) {
        unsigned char c = (unsigned char)a.at[i];

        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
            break;
    }
    return i;
}

#ifdef __SSE2__

size_t text_plain(struct text a)
{
    size_t i = 0;

    for (; i + 16 <= a.len; i += 16) {
        unsigned careful = text_careful_16(a.at + i);

        if (careful)
            return i + (unsigned)__builtin_ctz(careful);
    }
    if (a.len - i >= 8 && all_plain(a.at + i, a.at + a.len - 8))
        return a.len; /* up to 15 bytes are left */
    return plain_bytes(a, i);
}

#else

size_t text_plain(struct text a)
{
    size_t i = 0;
    uint64_t w;

    for (; i + 8 <= a.len; i += 8) {
        memcpy(&w, a.at + i, 8);
        if (careful_word(w))
            break;
    }
    return plain_bytes(a, i);
}

#endif
