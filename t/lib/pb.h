/* pb.h -- protobuf messages by hand, for tests that must send what no library would. */
#ifndef QUERN_T_PB_H
#define QUERN_T_PB_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/arena.h"
#include "proto/buf.h"

static inline struct buf pb_new(struct arena *a)
{
    struct buf b;

    buf_init(&b, a, 64, SIZE_MAX / 4);
    return b;
}

static inline void pb_varint(struct buf *b, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        buf_byte(b, (char)(v | 0x80));
    buf_byte(b, (char)v);
}

static inline void pb_tag(struct buf *b, uint32_t field, int type)
{
    pb_varint(b, (uint64_t)field << 3 | (uint64_t)type);
}

static inline void pb_uint(struct buf *b, uint32_t field, uint64_t v)
{
    pb_tag(b, field, 0);
    pb_varint(b, v);
}

static inline void pb_fixed64(struct buf *b, uint32_t field, uint64_t v)
{
    pb_tag(b, field, 1);
    for (int i = 0; i < 8; i++)
        buf_byte(b, (char)(v >> 8 * i));
}

static inline void pb_fixed32(struct buf *b, uint32_t field, uint32_t v)
{
    pb_tag(b, field, 5);
    for (int i = 0; i < 4; i++)
        buf_byte(b, (char)(v >> 8 * i));
}

static inline void pb_bytes(struct buf *b, uint32_t field, const void *bytes, size_t len)
{
    pb_tag(b, field, 2);
    pb_varint(b, len);
    buf_add(b, bytes, len);
}

static inline void pb_str(struct buf *b, uint32_t field, const char *z)
{
    pb_bytes(b, field, z, strlen(z));
}

static inline void pb_sub(struct buf *b, uint32_t field, const struct buf *sub)
{
    pb_bytes(b, field, sub->at, sub->len);
}

/* KeyValue {key, AnyValue{…}} in `field`. */
static inline void pb_attr(struct buf *b, uint32_t field, const char *key, const struct buf *any)
{
    struct buf kv = pb_new(b->arena);

    pb_str(&kv, 1, key);
    if (any)
        pb_sub(&kv, 2, any);
    pb_sub(b, field, &kv);
}

static inline void pb_attr_str(struct buf *b, uint32_t field, const char *key, const char *value)
{
    struct buf any = pb_new(b->arena);

    pb_str(&any, 1, value);
    pb_attr(b, field, key, &any);
}

static inline void pb_attr_int(struct buf *b, uint32_t field, const char *key, int64_t value)
{
    struct buf any = pb_new(b->arena);

    pb_uint(&any, 3, (uint64_t)value);
    pb_attr(b, field, key, &any);
}

static inline void pb_attr_double(struct buf *b, uint32_t field, const char *key, double value)
{
    struct buf any = pb_new(b->arena);
    uint64_t bits;

    memcpy(&bits, &value, 8);
    pb_fixed64(&any, 4, bits);
    pb_attr(b, field, key, &any);
}

/* Bytes from hex digits. */
static inline struct text pb_hex(struct arena *a, const char *hex)
{
    size_t len = strlen(hex) / 2;
    char *out = arena_alloc(a, len + 1);

    for (size_t i = 0; i < len; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], 0};

        out[i] = (char)strtol(two, NULL, 16);
    }
    return (struct text){out, len};
}

#endif
