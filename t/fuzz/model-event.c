/* Any bytes as an event, all the way: read, scrub, fill, title, write. What is written reads again. */
#include <stdlib.h>

#include "model/scrub.h"
#include "model/title.h"
#include "proto/event.h"
#include "proto/feedback.h"
#include "proto/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum event_rc go(struct text body, struct arena *a, struct text *payload)
{
    struct text own[] = {TEXT("konto")}, safe[] = {TEXT("author")};
    struct scrub_conf conf = {.enabled = true,
                              .defaults = true,
                              .ip_addresses = true,
                              .sensitive = own,
                              .sensitive_count = 1,
                              .safe = safe,
                              .safe_count = 1};
    struct event_context ctx = {.received_us = 1772359200000000,
                                .sent_at = TEXT("2026-03-01T09:00:00Z"),
                                .client_ip = TEXT("203.0.113.9"),
                                .sentry_client = TEXT("sentry.fuzz/1.0")};
    struct record_feedback feedback;
    struct title title;
    struct event e;
    struct buf out;
    enum event_rc rc = event_read(body, &ctx, a, &e);

    if (rc != EVENT_OK)
        return rc;
    if (!scrub_event(&e, &conf, a) || event_fill(&e, a) != EVENT_OK || !title_make(&e, a, &title))
        return EVENT_SPENT;
    if (!title.title.len || text_chars(title.title) > EVENT_TITLE_MAX ||
        text_chars(title.culprit) > EVENT_CULPRIT_MAX || !title.metadata.len)
        abort();
    feedback_of_event(&e, a, &feedback);
    buf_init(&out, a, 4096, 64 * MIB);
    event_write(&e, &out);
    *payload = buf_result(&out);
    return payload->at ? EVENT_OK : EVENT_SPENT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text payload, again;
    struct arena a;

    arena_init(&a, REQUEST_ARENA_MAX);
    if (go((struct text){(const char *)data, size}, &a, &payload) == EVENT_OK) {
        enum event_rc rc = go(payload, &a, &again);

        if (!utf8_valid(payload) || (rc != EVENT_OK && rc != EVENT_SPENT))
            abort();
    }
    arena_free(&a);
    return 0;
}
