/* spans.c -- what one span costs between the socket and the block, and how many bytes it takes:
 * decoding OTLP, packing, finding one trace, packing. Prints one line a figure. */
#include <stdlib.h>
#include <time.h>

#include "proto/block.h"
#include "proto/otlp.h"
#include "proto/record_span.h"
#include "t/lib/span_make.h"

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#define BATCHES 256

int main(int argc, char **argv)
{
    uint32_t traces = argc > 1 ? (uint32_t)atoi(argv[1]) : 64;
    struct span_maker maker = {.seed = 7, .now_ns = 1760000000000000000ULL, .services = 6};
    struct otlp_context ctx = {.received_ns = 1760000001000000000LL};
    static struct arena bodies, request, records;
    static struct text body[BATCHES], record[8 * BATCHES];
    struct span_packer *packer = span_packer_new();
    struct block_packer *blocks = block_packer_new();
    size_t wire = 0, raw = 0, fast = 0, hard = 0, count = 0, made = 0;
    double t0, decode = 0, both = 0;

    arena_init(&bodies, SIZE_MAX / 2);
    arena_init(&request, 64 << 20);
    arena_init(&records, SIZE_MAX / 2);
    for (int i = 0; i < BATCHES; i++)
        wire += (body[i] = maker_batch(&maker, traces, &bodies)).len;
    for (int pass = 0; pass < 2; pass++) {
        t0 = now_s();
        count = made = 0;
        for (int i = 0; i < BATCHES; i++) {
            struct otlp *o;
            struct span s;
            struct buf out;

            arena_reset(&request);
            span_packer_open(packer, 1, 1760000001000LL, NULL);
            otlp_open(OTLP_TRACES, OTLP_PROTOBUF, body[i], &ctx, &request, &o);
            while (otlp_next_span(o, &s)) {
                count++;
                if (!pass)
                    continue;
                if (span_packer_add(packer, &s) == PACK_FULL) {
                    buf_init(&out, &records, 64 << 10, RECORD_MAX);
                    span_packer_finish(packer, &out);
                    record[made++] = buf_result(&out);
                    span_packer_add(packer, &s);
                }
            }
            if (pass && span_packer_count(packer)) {
                buf_init(&out, &records, 64 << 10, RECORD_MAX);
                span_packer_finish(packer, &out);
                record[made++] = buf_result(&out);
            }
            if (otlp_close(o, NULL) != OTLP_DONE)
                return 1;
        }
        *(pass ? &both : &decode) = now_s() - t0;
    }
    printf("spans %zu in %d batches, %zu records\n", count, BATCHES, made);
    printf("wire bytes per span      %7.1f\n", (double)wire / (double)count);
    printf("decode ns per span       %7.0f\n", decode * 1e9 / (double)count);
    printf("pack ns per span         %7.0f\n", (both - decode) * 1e9 / (double)count);
    for (size_t i = 0; i < made; i++)
        raw += record[i].len;
    printf("record bytes per span    %7.1f\n", (double)raw / (double)count);
    for (int pass = 0; pass < 2; pass++) {
        size_t *sum = pass ? &hard : &fast;

        t0 = now_s();
        for (size_t i = 0; i < made; i++)
            if (block_add(blocks, record[i]) < 0) {
                *sum += block_finish(blocks, pass).len;
                block_add(blocks, record[i]);
            }
        *sum += block_finish(blocks, pass).len;
        printf("%s ns per span       %7.0f, bytes per span %.1f\n", pass ? "zstd" : "LZ4 ",
               (now_s() - t0) * 1e9 / (double)count, (double)*sum / (double)count);
    }
    t0 = now_s();
    size_t briefs = 0;
    for (size_t i = 0; i < made; i++) {
        struct span_bundle b;

        arena_reset(&request);
        if (!span_bundle_open(record[i], &request, &b))
            return 1;
        for (uint32_t g = 0; g < b.head.traces; g++) {
            struct span_cursor c;
            struct span_brief brief;

            span_cursor_open(&c, &b, &b.groups[g], &request);
            while (span_cursor_brief(&c, &brief))
                briefs++;
        }
    }
    printf("walk ns per span         %7.0f (%zu)\n", (now_s() - t0) * 1e9 / (double)count, briefs);
    t0 = now_s();
    size_t found = 0;
    for (size_t i = 0; i < made; i++)
        found += span_bundle_has(record[i], (const uint8_t *)"0123456789abcdef");
    printf("look-up ns per record    %7.0f (%zu)\n", (now_s() - t0) * 1e9 / (double)made, found);
    return briefs == count ? 0 : 1;
}
