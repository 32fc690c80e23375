/* Any bytes as a record of spans and as one of log records: read to an end, or refused. */
#include <stdlib.h>

#include "proto/limits.h"
#include "proto/record_log.h"
#include "proto/record_span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void spans(struct text record, struct arena *a)
{
    struct span_bundle b;
    struct span_head head;
    uint8_t id[16];
    uint32_t count;
    size_t at = 0;

    span_bundle_head(record, &head);
    span_bundle_digest(record, id);
    while (span_bundle_trace(record, &at, id, &count))
        span_bundle_has(record, id);
    if (!span_bundle_open(record, a, &b))
        return;
    for (uint32_t i = 0; i < b.head.traces; i++) {
        struct span_cursor full, brief;
        struct span_brief q;
        struct span s;

        span_cursor_open(&full, &b, &b.groups[i], a);
        span_cursor_open(&brief, &b, &b.groups[i], a);
        while (span_cursor_next(&full, &s))
            if (!span_cursor_brief(&brief, &q) || q.start_ns != s.start_ns ||
                q.attr_count != s.attrs.count || s.end_ns < s.start_ns)
                abort();
    }
}

static void logs(struct text record, struct arena *a)
{
    struct log_bundle b;
    struct log_cursor c;
    struct logrec l;
    uint64_t before = 0;

    log_bundle_has(record, (const uint8_t *)"0123456789abcdef");
    if (!log_bundle_open(record, a, &b))
        return;
    log_cursor_open(&c, &b, a);
    for (; log_cursor_next(&c, &l); before = l.time_ns)
        if (l.time_ns < before)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text record = {(const char *)data, size};
    struct arena a;

    arena_init(&a, 256 * MIB);
    spans(record, &a);
    logs(record, &a);
    arena_free(&a);
    return 0;
}
