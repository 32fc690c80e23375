/* group_scan.h -- small steps through names: what the normalisers of functions, modules and files
 * share. Private to model/group_*. */
#ifndef QUERN_MODEL_GROUP_SCAN_H
#define QUERN_MODEL_GROUP_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "proto/arena.h"
#include "proto/text.h"

static inline bool scan_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool scan_is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline bool scan_is_hex(char c)
{
    return scan_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static inline bool scan_is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Number of bytes of a class from `at` on. */
static inline size_t scan_run(struct text t, size_t at, bool (*class)(char))
{
    size_t n = 0;

    while (at + n < t.len && class(t.at[at + n]))
        n++;
    return n;
}

static inline size_t scan_digits(struct text t, size_t at)
{
    return scan_run(t, at, scan_is_digit);
}

static inline bool scan_all_digits(struct text t)
{
    return t.len && scan_digits(t, 0) == t.len;
}

/* Without one there is no number to take away. */
static inline bool scan_has_digit(struct text t)
{
    const uint64_t ones = 0x0101010101010101, high = 0x80 * ones;
    uint64_t word, low;
    size_t i = 0;

    for (; i + 8 <= t.len; i += 8) { /* of eight bytes: at least '0', and less than ':' */
        memcpy(&word, t.at + i, sizeof word);
        low = word & ~high;
        if ((low + (0x80 - '0') * ones) & ~(low + (0x80 - ':') * ones) & ~word & high)
            return true;
    }
    for (; i < t.len; i++)
        if (scan_is_digit(t.at[i]))
            return true;
    return false;
}

/* Does that stand at `at`? */
static inline bool scan_stands(struct text t, size_t at, const char *literal)
{
    size_t n = strlen(literal);

    return at <= t.len && t.len - at >= n && memcmp(t.at + at, literal, n) == 0;
}

/* Where it stands first; t.len: nowhere. */
static inline size_t scan_find(struct text t, const char *literal)
{
    return text_find(t, text_of(literal));
}

/* Behind the last `byte`; the whole text when there is none. */
static inline struct text scan_behind_last(struct text t, char byte)
{
    const char *at = t.len ? memrchr(t.at, byte, t.len) : NULL;

    return at ? text_cut(t, (size_t)(at - t.at) + 1, t.len) : t;
}

static inline struct text scan_base_name(struct text path)
{
    return scan_behind_last(scan_behind_last(path, '/'), '\\');
}

/* A text with a literal in place of `n` bytes at `at`. */
static inline struct text scan_replace(struct text t, size_t at, size_t n, const char *with,
                                       struct arena *a)
{
    return arena_printf(a, "%.*s%s%.*s", (int)at, t.at, with, (int)(t.len - at - n), t.at + at + n);
}

#endif
