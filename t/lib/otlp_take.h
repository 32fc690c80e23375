/* otlp_take.h -- an OTLP body all the way: decoded, packed into records, read back. What a test
 * sees has been through both the decoder and the encoding of the store. */
#ifndef QUERN_T_OTLP_TAKE_H
#define QUERN_T_OTLP_TAKE_H

#include "proto/limits.h"
#include "proto/otlp.h"
#include "proto/record_span.h"

#define TAKE_NOW_NS 1760000100000000000LL

struct taken {
    enum otlp_rc rc;
    struct otlp_tally tally;
    struct span *spans;
    uint32_t count;
    bool damaged; /* a record could not be read back */
};

static inline void take_record(struct taken *t, struct text record, struct arena *a)
{
    struct span_bundle b;

    if (!span_bundle_open(record, a, &b)) {
        t->damaged = true;
        return;
    }
    for (uint32_t i = 0; i < b.head.traces; i++) {
        struct span_cursor c;

        span_cursor_open(&c, &b, &b.groups[i], a);
        while (span_cursor_next(&c, &t->spans[t->count]))
            t->count++;
        t->damaged |= c.failed;
    }
}

static inline struct taken take_spans_at(enum otlp_encoding encoding, struct text body,
                                         const struct otlp_context *ctx, struct arena *a)
{
    struct taken t = {.rc = OTLP_DONE};
    struct span_packer *p = span_packer_new();
    struct text records[64];
    int made = 0;
    struct otlp *o;
    struct span s;
    struct buf out;
    uint32_t spans = 0;

    span_packer_open(p, 1, ctx->received_ns / 1000000, NULL);
    t.rc = otlp_open(OTLP_TRACES, encoding, body, ctx, a, &o);
    while (t.rc == OTLP_DONE && otlp_next_span(o, &s)) {
        spans++;
        while (span_packer_add(p, &s) == PACK_FULL) {
            buf_init(&out, a, 1024, RECORD_MAX);
            span_packer_finish(p, &out);
            records[made++] = buf_result(&out);
        }
    }
    if (span_packer_count(p)) {
        buf_init(&out, a, 1024, RECORD_MAX);
        span_packer_finish(p, &out);
        records[made++] = buf_result(&out);
    }
    t.rc = otlp_close(o, &t.tally);
    span_packer_free(p);
    t.spans = arena_zero(a, spans + 1, sizeof *t.spans);
    for (int i = 0; i < made; i++)
        take_record(&t, records[i], a);
    t.damaged |= t.count != spans;
    return t;
}

static inline struct taken take_spans(enum otlp_encoding encoding, struct text body,
                                      struct arena *a)
{
    struct otlp_context ctx = {.received_ns = TAKE_NOW_NS};

    return take_spans_at(encoding, body, &ctx, a);
}

#endif
