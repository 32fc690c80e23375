/* latency.h -- durations as a mergeable sketch: how many, in buckets that grow with the value.
 * For        p50 … p99 of rollups kept at write time; sketches of minutes, services, releases add
 *            up.
 * Accuracy   a bucket is 1/32 of an octave wide, so a quantile is off by 1.6 % at most. The idea is
 *            DDSketch's; octaves halved by shifts instead of logarithms are HdrHistogram's.
 * Range      1 µs to 13 days; shorter ones count as 0, longer ones as the longest.
 * Ownership  struct latency owns its cells; latency_free gives them back.
 * Encoding   varints: total, cells, then per cell the distance of its bucket to the one before, and
 *            its count. Reading answers false for anything malformed. */
#ifndef QUERN_MODEL_LATENCY_H
#define QUERN_MODEL_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/buf.h"
#include "proto/text.h"

#define LATENCY_BUCKETS 1184

struct latency_cell {
    uint32_t bucket, count;
};

struct latency {
    struct latency_cell *cells; /* by bucket, ascending */
    uint32_t count, room;
    uint64_t total;
};

void latency_free(struct latency *l);
void latency_clear(struct latency *l); /* keeps its memory */
/* `n` durations of that length. False: no memory. */
bool latency_add(struct latency *l, uint64_t ns, uint32_t n);
bool latency_merge(struct latency *l, const struct latency *from);
bool latency_merge_encoded(struct latency *l, struct text encoded);
void latency_encode(const struct latency *l, struct buf *out);
/* q of 0 … 1, in ns; 0 when it is empty. */
uint64_t latency_quantile(const struct latency *l, double q);

/* A sum of many sketches: every bucket has its place, so that adding one costs no search. */
struct latency_sum {
    uint64_t total, counts[LATENCY_BUCKETS];
};
bool latency_sum_add(struct latency_sum *s, struct text encoded);
void latency_sum_merge(struct latency_sum *s, const struct latency_sum *from);
uint64_t latency_sum_quantile(const struct latency_sum *s, double q);

uint32_t latency_bucket(uint64_t ns);
uint64_t latency_value(uint32_t bucket); /* its middle, in ns */

#endif
