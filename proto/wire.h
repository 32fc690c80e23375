/* wire.h -- protobuf's wire format, field by field; and varints for our own records.
 * For        walking a message without unpacking it: finding the spans of a batch, measuring depth.
 * Errors     `bad` is sticky: truncated input, groups, field number 0, varints over 10 bytes.
 * Source     protobuf.dev/programming-guides/encoding. */
#ifndef QUERN_PROTO_WIRE_H
#define QUERN_PROTO_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/text.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct wire {
    const uint8_t *at, *end;
    bool bad;
};

struct wire_field {
    uint32_t number;
    uint8_t type;      /* enum wire_type */
    uint64_t value;    /* of a varint or a fixed */
    struct text bytes; /* of WIRE_BYTES */
};

struct wire wire_open(struct text message);
/* The next field; false at the end, or when what follows is no field (then `bad`). */
bool wire_next(struct wire *w, struct wire_field *f);
/* One varint; 0 and `bad` when there is none. Most are one byte long. */
uint64_t wire_varint_long(struct wire *w);
static inline uint64_t wire_varint(struct wire *w)
{
    return w->at < w->end && *w->at < 0x80 ? *w->at++ : wire_varint_long(w);
}
/* `len` bytes; TEXT_NONE and `bad` when there are fewer. */
struct text wire_bytes(struct wire *w, size_t len);

static inline uint64_t zigzag(int64_t v)
{
    return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static inline int64_t unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

#endif
