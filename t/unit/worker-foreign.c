/* worker-foreign: ids and times as Jaeger's and Tempo's clients write them; what fits into an answer. The
 * endpoints themselves are tested over HTTP (t/45-*.t). */
#include "t/lib/tap.h"
#include "worker/foreign.h"

static void test_ids(void)
{
    static const char *const none[] = {"",     "0",    "00000000000000000000000000000000", "xyz",
                                       "12 4", "0x12", "123456789012345678901234567890123"};
    uint8_t id[16];

    ok(foreign_trace_id(TEXT("4bf92f3577b34da6a3ce929d0e0e4736"), id) && id[0] == 0x4b &&
           id[15] == 0x36,
       "32 digits");
    ok(foreign_trace_id(TEXT("A3CE929D0E0E4736"), id) && id[7] == 0 && id[8] == 0xa3,
       "16, as Zipkin has them: zeros on the left");
    ok(foreign_trace_id(TEXT("abc"), id) && id[14] == 0x0a && id[15] == 0xbc, "an odd number");
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        ok(!foreign_trace_id(text_of(none[i]), id), "no id: \"%s\"", none[i]);
}

static void test_times(void)
{
    int64_t ms = 0;

    ok(foreign_time(TEXT("2026-03-02T10:00:00Z"), &ms) && ms == 1772445600000LL, "UTC");
    ok(foreign_time(TEXT("2026-03-02T10:00:00.123456789Z"), &ms) && ms == 1772445600123LL,
       "with nanoseconds");
    ok(foreign_time(TEXT("2026-03-02T12:00:00+02:00"), &ms) && ms == 1772445600000LL, "a zone");
    ok(foreign_time(TEXT("2026-03-02T12:00:00 02:00"), &ms) && ms == 1772445600000LL,
       "whose plus was not encoded");
    ok(!foreign_time(TEXT(""), &ms) && !foreign_time(TEXT("yesterday"), &ms), "no time");
}

static void test_fit(void)
{
    static struct resource r = {.service = TEXT("a")};
    struct arena arena;
    struct span spans[10];
    struct trace t;
    size_t bytes, all = SIZE_MAX;
    uint32_t count;

    arena_init(&arena, MIB);
    for (int i = 0; i < 10; i++)
        spans[i] = (struct span){
            .trace_id = {1}, .span_id = {(uint8_t)(i + 1)}, .name = TEXT("work"), .resource = &r};
    trace_build(spans, 10, &arena, &t);
    count = foreign_fit(&t, &all);
    is_int(count, 10, "room for all");
    bytes = (SIZE_MAX - all) / 2;
    is_int(foreign_fit(&t, &bytes), 5, "for half of them");
    ok(bytes < (SIZE_MAX - all) / 10, "and what is left is less than one takes");
    bytes = SIZE_MAX - all;
    is_int(foreign_share(&t, &bytes, 2), 5, "one of two takes half");
    is_int(foreign_share(&t, &bytes, 1), 5, "and leaves the other half");
    bytes = 0;
    is_int(foreign_fit(&t, &bytes), 0, "none: none");
    arena_free(&arena);
}

int main(void)
{
    test_ids();
    test_times();
    test_fit();
    return done_testing();
}
