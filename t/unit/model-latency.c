/* Latency sketches: quantiles within 1.6 %, merging, encoding. */
#include <math.h>

#include "model/latency.h"
#include "proto/limits.h"
#include "t/lib/tap.h"

static struct arena arena;

static double off_by(uint64_t got, uint64_t want)
{
    return fabs((double)got - (double)want) / (double)want;
}

static void test_buckets(void)
{
    double worst = 0;
    int wrong = 0;
    uint32_t last = 0;

    for (double us = 40; us < 1e12; us *= 1.0007) {
        uint64_t ns = (uint64_t)us * 1000;
        uint32_t b = latency_bucket(ns);

        wrong += b < last || b >= LATENCY_BUCKETS;
        last = b;
        worst = fmax(worst, off_by(latency_value(b), ns));
    }
    is_int(wrong, 0, "buckets grow with the value");
    ok(worst < 0.0165, "the middle of a bucket is off by %.2f %% at most", worst * 100);
    is_int(latency_bucket(UINT64_MAX), LATENCY_BUCKETS - 1, "the longest");
    is_int(latency_value(latency_bucket(7000)), 7000, "small values are exact");
    is_int(latency_bucket(999), 0, "below 1 µs: 0");
}

static void test_quantiles(void)
{
    struct latency l = {0}, parts[4] = {0}, merged = {0}, back = {0};
    struct buf b;

    is_int(latency_quantile(&l, 0.5), 0, "nothing in it: 0");
    for (uint64_t i = 1; i <= 10000; i++) {
        latency_add(&l, i * 1000000, 1);
        latency_add(&parts[i % 4], i * 1000000, 1);
    }
    for (int i = 0; i < 100; i += 5)
        ok(off_by(latency_quantile(&l, i / 100.0 + 0.01), (uint64_t)(i * 100 + 100) * 1000000) <
               0.017,
           "p%d", i + 1);
    ok(off_by(latency_quantile(&l, 1), 10000000000ULL) < 0.017, "the longest");
    for (int i = 0; i < 4; i++)
        latency_merge(&merged, &parts[i]);
    ok(merged.total == l.total && merged.count == l.count &&
           latency_quantile(&merged, 0.95) == latency_quantile(&l, 0.95),
       "parts add up to the whole");
    buf_init(&b, &arena, 64, MIB);
    latency_encode(&l, &b);
    ok(latency_merge_encoded(&back, buf_result(&b)) && back.total == l.total &&
           latency_quantile(&back, 0.99) == latency_quantile(&l, 0.99),
       "encoded and read back: the same, in %zu bytes", b.len);
    for (size_t len = 0; len < b.len; len++)
        if (latency_merge_encoded(&back, text_cut(buf_result(&b), 0, len)))
            break;
        else if (len == b.len - 1)
            ok(true, "cut anywhere: noticed");
    ok(!latency_merge_encoded(&back, TEXT("\x01\x01\xff\xff\x7f\x01")), "no such bucket: noticed");
    latency_clear(&l);
    latency_add(&l, 5000, UINT32_MAX);
    latency_add(&l, 5000, 7);
    is_int(l.cells[0].count, UINT32_MAX, "counts stop at the top");
    latency_free(&l);
    for (int i = 0; i < 4; i++)
        latency_free(&parts[i]);
    latency_free(&merged);
    latency_free(&back);
}

int main(void)
{
    arena_init(&arena, 16 * MIB);
    test_buckets();
    test_quantiles();
    arena_free(&arena);
    return done_testing();
}
