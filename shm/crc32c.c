#include "shm/crc32c.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Remainders of the 16 half bytes, reflected polynomial 0x82f63b78: the whole table in one cache
 * line. */
static const uint32_t half_byte[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t crc32c_portable(uint32_t seed, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    uint32_t crc = ~seed;

    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        crc = half_byte[crc & 15] ^ (crc >> 4);
        crc = half_byte[crc & 15] ^ (crc >> 4);
    }
    return ~crc;
}

#if defined(__x86_64__)

/* The crc32 instruction takes 3 cycles and can start every cycle, so three runs of LANE bytes go
 * side by side: 2.5 times as fast on a 13 KB record. Then the first two are moved behind the zeros
 * of the lanes that follow them: a carry-less product with x^(8n-33) mod P, n the bytes to move by,
 * whose reduction (times x^33) falls to the crc32 of the last word. Both constants are
 * bit-reversed, as all is here. */
#define LANE 336
#define MOVE_1 0xa60ce07bu /* x^(8*LANE-33) mod P */
#define MOVE_2 0xcec3662eu /* x^(16*LANE-33) mod P */

static uint64_t word_at(const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

__attribute__((target("sse4.2,pclmul"))) static uint64_t multiply(uint64_t a, uint32_t b)
{
    return (uint64_t)_mm_cvtsi128_si64(
        _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)a), _mm_cvtsi64_si128((long long)b), 0));
}

__attribute__((target("sse4.2,pclmul"))) static uint64_t three_lanes(uint64_t a, const uint8_t *p)
{
    const uint8_t *last = p + LANE - 8;
    uint64_t b = 0, c = 0;

    for (; p < last; p += 8) {
        a = _mm_crc32_u64(a, word_at(p));
        b = _mm_crc32_u64(b, word_at(p + LANE));
        c = _mm_crc32_u64(c, word_at(p + 2 * LANE));
    }
    a = _mm_crc32_u64(a, word_at(p));
    b = _mm_crc32_u64(b, word_at(p + LANE));
    return _mm_crc32_u64(c, word_at(p + 2 * LANE) ^ multiply(a, MOVE_2) ^ multiply(b, MOVE_1));
}

__attribute__((target("sse4.2,pclmul"))) static uint32_t crc32c_sse42(uint32_t seed,
                                                                      const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    uint64_t crc = (uint32_t)~seed;

    for (; len >= 3 * LANE; len -= 3 * LANE, p += 3 * LANE)
        crc = three_lanes(crc, p);
    for (; len >= 8; len -= 8, p += 8)
        crc = _mm_crc32_u64(crc, word_at(p));
    for (; len; len--, p++)
        crc = _mm_crc32_u8((uint32_t)crc, *p);
    return ~(uint32_t)crc;
}

uint32_t crc32c(uint32_t seed, const void *bytes, size_t len)
{
    if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
        return crc32c_sse42(seed, bytes, len);
    return crc32c_portable(seed, bytes, len);
}

#else

uint32_t crc32c(uint32_t seed, const void *bytes, size_t len)
{
    return crc32c_portable(seed, bytes, len);
}

#endif
