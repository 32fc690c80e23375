/* Any bytes as a security report, and the events made of it. */
#include "proto/limits.h"
#include "proto/security.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct security_request q = {.user_agent = TEXT("Mozilla/5.0 Firefox/140.0"),
                                 .client_ip = TEXT("203.0.113.9")};
    struct event_context ctx = {.received_us = 1772359200000000};
    struct security_reports reports;
    struct event e;
    struct arena a;

    arena_init(&a, REQUEST_ARENA_MAX);
    if (security_read((struct text){(const char *)data, size}, &q, &a, &reports) == SECURITY_OK)
        for (uint32_t i = 0; i < reports.count; i++)
            if (event_from_tree(reports.roots[i], &ctx, &a, &e) == EVENT_OK &&
                event_fill(&e, &a) == EVENT_OK)
                security_is_noise(&e);
    arena_free(&a);
    return 0;
}
