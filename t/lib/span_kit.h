/* span_kit.h -- records of spans and log records for the writer's tests. */
#ifndef QUERN_T_SPAN_KIT_H
#define QUERN_T_SPAN_KIT_H

#include "proto/otlp.h"
#include "proto/record_log.h"
#include "proto/record_span.h"
#include "t/lib/span_make.h"
#include "t/lib/writer_kit.h"

/* Spans in the figures per operation; units of work are in those per service besides. */
#define SPANS_COUNTED(table)        \
    "SELECT sum(calls) FROM " table \
    " WHERE operation_id IN (SELECT id FROM operation WHERE entry < 2)"

/* The records that a worker makes of an OTLP body; each is handed to `put`. */
static inline uint32_t span_kit_pack(struct text body, int64_t now_ms, struct arena *a,
                                     void (*put)(void *own, struct text record), void *own)
{
    struct otlp_context ctx = {.received_ns = now_ms * 1000000};
    struct span_packer *p = span_packer_new();
    struct otlp_tally tally;
    uint32_t count = 0;
    struct otlp *o;
    struct span s;
    struct buf out;
    bool full = false;

    span_packer_open(p, 1, now_ms, NULL);
    if (otlp_open(OTLP_TRACES, OTLP_PROTOBUF, body, &ctx, a, &o) != OTLP_DONE)
        return 0;
    while (full || otlp_next_span(o, &s)) {
        full = span_packer_add(p, &s) == PACK_FULL;
        if (!full) {
            count++;
            continue;
        }
        buf_init(&out, a, 1024, RECORD_MAX);
        span_packer_finish(p, &out);
        put(own, buf_result(&out));
    }
    if (span_packer_count(p)) {
        buf_init(&out, a, 1024, RECORD_MAX);
        span_packer_finish(p, &out);
        put(own, buf_result(&out));
    }
    otlp_close(o, &tally);
    span_packer_free(p);
    return count;
}

static void span_kit_put(void *own, struct text record)
{
    kit_put(own, 0, RECORD_SPANS, record);
}

/* `traces` traces of eight spans each, from one service, into the ring; how many spans that was. */
static inline uint32_t kit_put_traces(struct kit *k, struct span_maker *m, uint32_t traces)
{
    arena_reset(&k->arena);
    return span_kit_pack(maker_batch(m, traces, &k->arena), world_now_ms(), &k->arena, span_kit_put,
                         k);
}

/* `count` log records, of that many traces. */
static inline void kit_put_logs(struct kit *k, struct span_maker *m, uint32_t count)
{
    struct log_packer *p = log_packer_new();
    struct resource r = {.service = TEXT("shop-0")};
    struct buf out;

    arena_reset(&k->arena);
    log_packer_open(p, 1, world_now_ms(), NULL);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t id[2] = {maker_random(m), maker_random(m)};
        struct logrec l = {.time_ns = m->now_ns + i,
                           .severity = (uint8_t)(1 + i % 24),
                           .resource = &r,
                           .body = {.kind = ATTR_STRING, .text = TEXT("cart is empty")}};

        memcpy(l.trace_id, id, 16);
        log_packer_add(p, &l);
    }
    buf_init(&out, &k->arena, 1024, RECORD_MAX);
    log_packer_finish(p, &out);
    log_packer_free(p);
    kit_put(k, 0, RECORD_LOGS, buf_result(&out));
}

#endif
