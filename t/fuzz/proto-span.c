/* Any bytes as JSON of a transaction, of a single span, of containers of spans, logs and metrics. */
#include <stdlib.h>

#include "proto/limits.h"
#include "proto/record_span.h"
#include "proto/sentry_span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct sentry_spans *t, struct arena *a)
{
    struct span_packer *p = span_packer_new();
    struct span_bundle b;
    struct buf out;

    span_packer_open(p, 1, 1, NULL);
    for (uint32_t i = 0; i < t->count; i++) {
        const struct span *s = &t->spans[i];

        if (s->end_ns < s->start_ns || !s->resource || id_is_zero(s->trace_id, 16) ||
            id_is_zero(s->span_id, 8) || !(s->weight >= 1))
            abort();
        if (span_packer_add(p, s) == PACK_FULL)
            break;
    }
    buf_init(&out, a, 1024, RECORD_MAX);
    span_packer_finish(p, &out);
    if (out.failed || !span_bundle_open(buf_result(&out), a, &b))
        abort();
    span_packer_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text body = {(const char *)data, size};
    struct sentry_context ctx = {.received_us = 1770458500000000LL,
                                 .sent_at = TEXT("2026-02-07T08:01:40Z")};
    struct event_context ec = {.received_us = 1770458500000000LL};
    struct sentry_spans spans;
    struct sentry_logs logs;
    uint32_t valid, broken;
    struct json *root;
    struct event e;
    struct arena a;

    arena_init(&a, 256 * MIB);
    if (json_read(body, &a, &root, NULL) == JSON_OK) {
        ctx.trace = json_get(root, "trace");
        if (sentry_span(root, &ctx, &a, &spans) == SENTRY_OK)
            check(&spans, &a);
        if (sentry_span_items(root, -1, &ctx, &a, &spans) == SENTRY_OK)
            check(&spans, &a);
        sentry_log_items(root, -1, &ctx, &a, &logs);
        sentry_metric_items(root, -1, &valid, &broken);
    }
    if (event_read(body, &ec, &a, &e) == EVENT_OK && event_fill(&e, &a) == EVENT_OK &&
        sentry_transaction(&e, &ctx, &a, &spans) == SENTRY_OK)
        check(&spans, &a);
    arena_free(&a);
    return 0;
}
