/* Any bytes as an event, as rules and as a message. Grouping answers with at least one key, the same
 * every time, and its explanation tells the same keys. */
#include <stdlib.h>

#include "model/group.h"
#include "model/param.h"
#include "model/scrub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool fill(struct text body, struct arena *a, struct event *e)
{
    static const struct scrub_conf scrub = {.enabled = true, .defaults = true};
    struct event_context ctx = {.received_us = 1772359200000000};

    return event_read(body, &ctx, a, e) == EVENT_OK && scrub_event(e, &scrub, a) &&
           event_fill(e, a) == EVENT_OK;
}

static void check_event(struct text body, const struct group_rules *rules, struct arena *a)
{
    struct group_result first, second;
    struct event e;
    struct buf out;

    if (!fill(body, a, &e) || !group_event(&e, rules, a, &first))
        return;
    if (first.count < 1 || first.count > GROUP_HASHES_MAX)
        abort();
    buf_init(&out, a, 4096, 64 * MIB);
    if (!fill(body, a, &e) || !group_explain(&e, rules, NULL, 0, a, &second, &out))
        return;
    if (first.count != second.count)
        abort();
    for (uint32_t i = 0; i < first.count; i++)
        if (memcmp(first.hashes[i].bytes, second.hashes[i].bytes, 16) != 0)
            abort();
}

static void check_rules(struct text text, bool finger, struct arena *a)
{
    static const char event[] =
        "{\"platform\":\"java\",\"logger\":\"a.b\",\"tags\":{\"a\":\"b\"},\"exception\":{"
        "\"values\":["
        "{\"type\":\"E\",\"value\":\"it broke 7 times\",\"stacktrace\":{\"frames\":["
        "{\"module\":\"java.lang.Thread\",\"function\":\"run\",\"abs_path\":\"/lib/Thread.java\"},"
        "{\"module\":\"com.acme.A$$Lambda$1\",\"function\":\"f\",\"package\":\"/x/y.jar\"},"
        "{\"platform\":\"native\",\"function\":\"<A as B>::c::h0123456789abcdef\"}]}}]}}";
    struct group_rules_error error;
    const struct group_rules *rules =
        group_rules_compile(finger ? text : TEXT_NONE, finger ? TEXT_NONE : text, a, &error);

    if (rules)
        check_event(text_of(event), rules, a);
    else if (error.line == 0 && !arena_spent(a))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = {(const char *)data, size}, masked;
    struct json *root;
    struct arena a;

    arena_init(&a, 64 * MIB);
    masked = param_message(in, &a);
    if (size && masked.len > 5 * PARAM_MAX + 64)
        abort();
    check_rules(in, true, &a);
    check_rules(in, false, &a);
    check_event(in, NULL, &a);
    /* A file of the corpus holds many events. */
    if (json_read(in, &a, &root, NULL) == JSON_OK && json_get(root, "events"))
        for (const struct json *m = json_get(root, "events")->child; m; m = m->next) {
            struct buf one;

            buf_init(&one, &a, 4096, 1 * MIB);
            json_write(&one, m);
            check_event(buf_result(&one), NULL, &a);
        }
    arena_free(&a);
    return 0;
}
