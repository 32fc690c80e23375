/* utf8.c -- almost all text is ASCII: eight bytes at a time, then character by character. */
#include "proto/utf8.h"

#include <stdint.h>

#define HIGH_BITS 0x8080808080808080ULL
#define REPLACEMENT "\xef\xbf\xbd"

/* Offset of the first byte at or behind `from` that belongs to no character. */
static size_t first_fault(struct text t, size_t from)
{
    while (from < t.len) {
        uint64_t eight;
        size_t len;

        if (t.len - from >= 8) {
            memcpy(&eight, t.at + from, 8);
            if (!(eight & HIGH_BITS)) {
                from += 8;
                continue;
            }
        }
        if (!(len = text_char(t, from)))
            break;
        from += len;
    }
    return from;
}

bool utf8_valid(struct text t)
{
    return first_fault(t, 0) == t.len;
}

struct text utf8_mend(struct text t, struct arena *a)
{
    size_t fault = first_fault(t, 0), from = 0, faults = 0, len = 0;
    char *out;

    if (fault == t.len)
        return t;
    for (size_t at = fault; at < t.len; at = first_fault(t, at + 1))
        faults++;
    if (!(out = arena_alloc(a, t.len + faults * 2)))
        return t;
    for (; fault < t.len; fault = first_fault(t, from)) {
        memcpy(out + len, t.at + from, fault - from);
        len += fault - from;
        memcpy(out + len, REPLACEMENT, 3);
        len += 3;
        from = fault + 1;
    }
    memcpy(out + len, t.at + from, t.len - from);
    return (struct text){out, len + t.len - from};
}
