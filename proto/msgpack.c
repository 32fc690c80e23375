/* msgpack.c -- one byte says what follows and how long it is. */
#include "proto/msgpack.h"

#include <math.h>
#include <stdint.h>

#include "proto/limits.h"

struct reader {
    struct text rest;
    struct arena *a;
    bool bad;
};

static uint64_t big_endian(struct reader *r, size_t bytes)
{
    uint64_t n = 0;

    if (bytes > r->rest.len) {
        r->bad = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        n = n << 8 | (uint8_t)r->rest.at[i];
    r->rest = text_cut(r->rest, bytes, r->rest.len);
    return n;
}

static struct text bytes_of(struct reader *r, uint64_t len)
{
    struct text out = text_cut(r->rest, 0, len);

    if (len > r->rest.len)
        r->bad = true;
    r->rest = text_cut(r->rest, out.len, r->rest.len);
    return out;
}

static struct json *number(struct reader *r, struct text digits)
{
    struct json *v = json_new(r->a, JSON_NUMBER);

    if (v)
        v->raw = digits;
    return v;
}

static struct json *real(struct reader *r, double d)
{
    return isfinite(d) ? number(r, arena_printf(r->a, "%.17g", d)) : json_new(r->a, JSON_NULL);
}

static struct json *real32(struct reader *r)
{
    uint32_t bits = (uint32_t)big_endian(r, 4);
    float f;

    memcpy(&f, &bits, sizeof f);
    return real(r, (double)f);
}

static struct json *real64(struct reader *r)
{
    uint64_t bits = big_endian(r, 8);
    double d;

    memcpy(&d, &bits, sizeof d);
    return real(r, d);
}

static struct json *skipped(struct reader *r, uint64_t len)
{
    bytes_of(r, len);
    return json_new(r->a, JSON_NULL);
}

static struct json *value(struct reader *r, int depth);

/* Each element takes a byte at least, so a count beyond what is left is a lie. */
static bool countable(struct reader *r, uint64_t count, int depth)
{
    if (count > r->rest.len || depth >= JSON_DEPTH_MAX)
        r->bad = true;
    return !r->bad;
}

static struct json *array(struct reader *r, uint64_t count, int depth)
{
    struct json *out = countable(r, count, depth) ? json_new(r->a, JSON_ARRAY) : NULL;

    for (uint64_t i = 0; out && i < count && !r->bad; i++) {
        struct json *v = value(r, depth + 1);

        if (v)
            json_push(out, v);
    }
    return out;
}

static struct json *map(struct reader *r, uint64_t count, int depth)
{
    struct json *out = countable(r, count, depth) ? json_new(r->a, JSON_OBJECT) : NULL;

    for (uint64_t i = 0; out && i < count && !r->bad; i++) {
        struct json *key = value(r, depth + 1), *v = value(r, depth + 1);

        if (!v || !json_is(key, JSON_STRING))
            continue;
        v->key = json_string(key, r->a);
        v->key_escaped = text_plain(v->key) != v->key.len;
        json_push(out, v);
    }
    return out;
}

static struct json *small_int(struct reader *r, int64_t n)
{
    return json_new_int(r->a, n);
}

static struct json *sized(struct reader *r, uint8_t head, int depth)
{
    switch (head) {
    case 0xc0:
        return json_new(r->a, JSON_NULL);
    case 0xc2:
        return json_new(r->a, JSON_FALSE);
    case 0xc3:
        return json_new(r->a, JSON_TRUE);
    case 0xc4: /* bin 8, 16, 32 */
    case 0xc5:
    case 0xc6:
        return skipped(r, big_endian(r, (size_t)1 << (head - 0xc4)));
    case 0xc7: /* ext 8, 16, 32: a type, then the bytes */
    case 0xc8:
    case 0xc9:
        return skipped(r, big_endian(r, (size_t)1 << (head - 0xc7)) + 1);
    case 0xca:
        return real32(r);
    case 0xcb:
        return real64(r);
    case 0xcc: /* uint 8 … 64 */
    case 0xcd:
    case 0xce:
    case 0xcf:
        return number(r,
                      arena_printf(r->a, "%llu",
                                   (unsigned long long)big_endian(r, (size_t)1 << (head - 0xcc))));
    case 0xd0: /* int 8 … 64 */
        return small_int(r, (int8_t)big_endian(r, 1));
    case 0xd1:
        return small_int(r, (int16_t)big_endian(r, 2));
    case 0xd2:
        return small_int(r, (int32_t)big_endian(r, 4));
    case 0xd3:
        return small_int(r, (int64_t)big_endian(r, 8));
    case 0xd4: /* fixext 1, 2, 4, 8, 16 */
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        return skipped(r, ((uint64_t)1 << (head - 0xd4)) + 1);
    case 0xd9: /* str 8, 16, 32 */
    case 0xda:
    case 0xdb:
        return json_new_string(r->a, bytes_of(r, big_endian(r, (size_t)1 << (head - 0xd9))));
    case 0xdc:
        return array(r, big_endian(r, 2), depth);
    case 0xdd:
        return array(r, big_endian(r, 4), depth);
    case 0xde:
        return map(r, big_endian(r, 2), depth);
    case 0xdf:
        return map(r, big_endian(r, 4), depth);
    default: /* 0xc1 is never used */
        r->bad = true;
        return NULL;
    }
}

static struct json *value(struct reader *r, int depth)
{
    uint8_t head = (uint8_t)big_endian(r, 1);

    if (r->bad)
        return NULL;
    if (head < 0x80)
        return small_int(r, head);
    if (head < 0x90)
        return map(r, head & 15, depth);
    if (head < 0xa0)
        return array(r, head & 15, depth);
    if (head < 0xc0)
        return json_new_string(r->a, bytes_of(r, head & 31));
    if (head >= 0xe0)
        return small_int(r, (int8_t)head);
    return sized(r, head, depth);
}

struct json *msgpack_next(struct text *bytes, struct arena *a)
{
    struct reader r = {.rest = *bytes, .a = a};
    struct json *out;

    if (bytes->len == 0)
        return NULL;
    out = value(&r, 0);
    *bytes = r.rest;
    return r.bad || arena_spent(a) ? NULL : out;
}
