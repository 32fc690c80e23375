#include "model/sketch.h"

#include <math.h>
#include <string.h>

#define INDEX_BITS 10 /* 2^10 registers */

/* The finisher of MurmurHash3: every bit of the input moves every bit of the result. */
static uint64_t mix(uint64_t h)
{
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdULL;
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53ULL;
    return h ^ h >> 33;
}

uint64_t sketch_hash(const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    uint64_t h = 0x9e3779b97f4a7c15ULL ^ len;

    for (; len >= 8; at += 8, len -= 8) {
        uint64_t word = 0;

        for (int i = 0; i < 8;
             i++) /* little-endian on every machine; compilers make one load of it */
            word |= (uint64_t)at[i] << 8 * i;
        h = mix(h ^ word) * 0x9fb21c651e98df25ULL;
    }
    for (uint64_t shift = 0; len > 0; at++, len--, shift += 8)
        h ^= (uint64_t)*at << shift;
    return mix(h);
}

bool sketch_add(uint8_t sketch[SKETCH_BYTES], uint64_t hash)
{
    uint8_t *reg = &sketch[hash >> (64 - INDEX_BITS)];
    uint64_t rest = hash << INDEX_BITS;
    uint8_t rank = rest ? (uint8_t)(__builtin_clzll(rest) + 1) : 64 - INDEX_BITS + 1;

    if (rank <= *reg)
        return false;
    *reg = rank;
    return true;
}

bool sketch_merge(uint8_t into[SKETCH_BYTES], const uint8_t from[SKETCH_BYTES])
{
    bool changed = false;

    for (int i = 0; i < SKETCH_BYTES; i++) {
        if (from[i] > into[i]) {
            into[i] = from[i];
            changed = true;
        }
    }
    return changed;
}

uint64_t sketch_count(const uint8_t sketch[SKETCH_BYTES])
{
    const double m = SKETCH_BYTES, alpha = 0.7213 / (1 + 1.079 / m);
    double sum = 0, estimate;
    int zeros = 0;

    for (int i = 0; i < SKETCH_BYTES; i++) {
        /* a rank of a sketch from a damaged file may be anything: ldexp takes it */
        sum += ldexp(1, -sketch[i]);
        zeros += sketch[i] == 0;
    }
    estimate = alpha * m * m / sum;
    if (estimate <= 2.5 * m && zeros) /* while small, counting empty registers is better */
        estimate = m * log(m / zeros);
    return (uint64_t)(estimate + 0.5);
}
