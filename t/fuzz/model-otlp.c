/* Any bytes as an OTLP body: every span that is accepted can be written for other readers, as valid JSON in
 * Jaeger's shape and in OTLP's, and as protobuf that is accepted again, to the same JSON. */
#include <stdlib.h>

#include "model/jaeger.h"
#include "proto/json.h"
#include "proto/limits.h"
#include "proto/otlp.h"
#include "proto/otlp_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct otlp_context ctx = {.received_ns = 1760000100000000000LL};

static struct buf room(struct arena *a)
{
    struct buf b;

    buf_init(&b, a, 4096, 32 * MIB);
    return b;
}

/* The same as readers in JavaScript or Go see it: not cut by our own depth. */
static void check_json(struct text t, struct arena *a)
{
    struct json *v;
    enum json_rc rc = json_read_deep(t, JSON_DEEP_MAX, a, &v, NULL);

    if (t.at && rc != JSON_OK && rc != JSON_TOO_MANY && rc != JSON_SPENT)
        abort();
}

static struct text as_json(const struct span *s, struct arena *a)
{
    struct buf b = room(a);

    json_open(&b, NULL, '{');
    otlp_write_json(&b, "resourceSpans", &s, 1);
    json_close(&b, '}');
    return buf_result(&b);
}

static void check_protobuf(const struct span *s, struct text json, struct arena *a)
{
    struct buf b = room(a);
    struct otlp *o;
    struct span again;

    otlp_write_protobuf(&b, 1, &s, 1);
    if (b.failed)
        return;
    if (otlp_open(OTLP_TRACES, OTLP_PROTOBUF, buf_result(&b), &ctx, a, &o) != OTLP_DONE)
        abort();
    if (!otlp_next_span(o, &again))
        abort();
    if (json.at && !text_eq(as_json(&again, a), json))
        abort();
    if (otlp_close(o, NULL) != OTLP_DONE)
        abort();
}

static void check(const struct span *s, struct arena *a)
{
    struct text json = as_json(s, a);
    struct buf b = room(a);
    struct trace t;

    check_json(json, a);
    check_protobuf(s, json, a);
    if (!trace_build(s, 1, a, &t) || t.count != 1)
        abort();
    jaeger_write_trace(&b, &t, 1, 1);
    check_json(buf_result(&b), a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena, work;
    struct text body = {(const char *)data, size};
    struct otlp *o;
    struct span s;

    if (!arena.budget) {
        arena_init(&arena, 64 * MIB);
        arena_init(&work, 256 * MIB);
    }
    arena_reset(&arena);
    if (otlp_open(OTLP_TRACES, OTLP_PROTOBUF, body, &ctx, &arena, &o) == OTLP_DONE) {
        while (otlp_next_span(o, &s)) {
            arena_reset(&work);
            check(&s, &work);
        }
        otlp_close(o, NULL);
    }
    return 0;
}
