/* record_span_head.h -- the numbers that packing and reading of spans must agree on. */
#ifndef QUERN_PROTO_RECORD_SPAN_HEAD_H
#define QUERN_PROTO_RECORD_SPAN_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#define SPAN_VERSION 1
#define SPAN_FIXED 16 /* bytes before the varints */

/* The head word of a shape: kind 3 bits, code 2, status 5, extra 1, flags 16. */
#define HEAD_EXTRA (1u << 10)

static inline uint32_t head_make(uint8_t kind, uint8_t code, uint8_t status, uint16_t flags,
                                 bool extra)
{
    return (kind & 7u) | (code & 3u) << 3 | (status & 31u) << 5 | (extra ? HEAD_EXTRA : 0) |
           (uint32_t)flags << 11;
}

static inline uint8_t head_kind(uint32_t head)
{
    return head & 7;
}

static inline uint8_t head_code(uint32_t head)
{
    return head >> 3 & 3;
}

static inline uint8_t head_status(uint32_t head)
{
    return head >> 5 & 31;
}

static inline uint16_t head_flags(uint32_t head)
{
    return (uint16_t)(head >> 11);
}

#endif
