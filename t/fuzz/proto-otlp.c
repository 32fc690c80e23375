/* Any bytes as an OTLP body of each signal in protobuf: read to an end or refused; what was accepted
 * goes into a record and comes back. */
#include <stdlib.h>

#include "proto/limits.h"
#include "proto/otlp.h"
#include "proto/record_log.h"
#include "proto/record_span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifndef ENCODING
#define ENCODING OTLP_PROTOBUF
#endif

static const struct otlp_context ctx = {.received_ns = 1760000100000000000LL, .oldest_ns = 5};

static void read_back(struct text record, uint32_t want, struct arena *a)
{
    struct span_bundle b;
    uint32_t got = 0;

    if (!span_bundle_open(record, a, &b))
        abort();
    for (uint32_t i = 0; i < b.head.traces; i++) {
        struct span_cursor c;
        struct span s;

        span_cursor_open(&c, &b, &b.groups[i], a);
        while (span_cursor_next(&c, &s)) {
            if (s.end_ns < s.start_ns || !s.resource || !s.resource->service.len)
                abort();
            got++;
        }
        if (c.failed)
            abort();
    }
    if (got != want)
        abort();
}

static void spans(struct text body, struct arena *a)
{
    struct span_packer *p = span_packer_new();
    struct otlp *o;
    struct span s;
    struct buf out;
    uint32_t packed = 0;

    span_packer_open(p, 1, 1, NULL);
    if (otlp_open(OTLP_TRACES, ENCODING, body, &ctx, a, &o) == OTLP_DONE)
        while (otlp_next_span(o, &s))
            packed += span_packer_add(p, &s) == PACK_OK;
    otlp_close(o, NULL);
    buf_init(&out, a, 1024, RECORD_MAX);
    span_packer_finish(p, &out);
    if (out.failed)
        abort();
    read_back(buf_result(&out), packed, a);
    span_packer_free(p);
}

static void logs(struct text body, struct arena *a)
{
    struct log_packer *p = log_packer_new();
    struct log_bundle b;
    struct log_cursor c;
    struct otlp *o;
    struct logrec l;
    struct buf out;
    uint32_t packed = 0;

    log_packer_open(p, 1, 1, NULL);
    if (otlp_open(OTLP_LOGS, ENCODING, body, &ctx, a, &o) == OTLP_DONE)
        while (otlp_next_log(o, &l))
            packed += log_packer_add(p, &l) == PACK_OK;
    otlp_close(o, NULL);
    buf_init(&out, a, 1024, RECORD_MAX);
    log_packer_finish(p, &out);
    if (out.failed || !log_bundle_open(buf_result(&out), a, &b))
        abort();
    log_cursor_open(&c, &b, a);
    while (log_cursor_next(&c, &l))
        packed--;
    if (packed || c.failed)
        abort();
    log_packer_free(p);
}

static void points(struct text body, struct arena *a)
{
    struct otlp_tally tally;
    struct otlp *o;

    if (otlp_open(OTLP_METRICS, ENCODING, body, &ctx, a, &o) == OTLP_DONE)
        otlp_count_points(o);
    if (otlp_close(o, &tally) == OTLP_DONE)
        otlp_message(OTLP_METRICS, &tally, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text body = {(const char *)data, size};
    struct arena a;

    arena_init(&a, 256 * MIB);
    spans(body, &a);
    logs(body, &a);
    points(body, &a);
    arena_free(&a);
    return 0;
}
