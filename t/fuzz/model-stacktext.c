/* Any bytes as the text of a stack, in every language: its frames lie inside the text or the arena, and
 * there are no more of them than allowed. The first byte is the language of the SDK. */
#include <stdlib.h>

#include "model/otel_error.h"
#include "model/stacktext.h"
#include "proto/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t touched; /* so that reading is not optimised away */

static void touch(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        touched += (unsigned char)t.at[i];
}

static void check(const struct stack_text *s)
{
    if (s->count > EXCEPTIONS_MAX)
        abort();
    for (uint32_t i = 0; i < s->count; i++) {
        const struct stack_error *e = &s->errors[i];

        touch(e->type);
        touch(e->module);
        touch(e->value);
        if (e->frame_count > FRAMES_MAX || e->parent >= (int32_t)s->count)
            abort();
        for (uint32_t k = 0; k < e->frame_count; k++) {
            touch(e->frames[k].function);
            touch(e->frames[k].module);
            touch(e->frames[k].filename);
            touch(e->frames[k].context_line);
        }
    }
}

static void as_event(struct text stack, struct arena *a)
{
    struct attr attr = {.key = TEXT("exception.stacktrace"), .kind = ATTR_STRING, .text = stack};
    struct attr type = {.key = TEXT("exception.type"), .kind = ATTR_STRING, .text = TEXT("T")};
    struct attr both[] = {type, attr};
    struct resource r = {.service = TEXT("s")};
    struct logrec l = {.severity = 17, .resource = &r, .attrs = {.at = both, .count = 2}};
    struct event_context ctx = {.received_us = 1770458500000000LL};
    struct otel_error e;
    struct json *root;
    struct event event;

    if (!otel_log_error(&l, 1, &e))
        abort();
    if ((root = otel_error_event(&e, a)) && event_from_tree(root, &ctx, a, &event) == EVENT_OK)
        event_fill(&event, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text stack = {(const char *)data, size};
    struct stack_text s;
    struct arena a;

    arena_init(&a, 256 * MIB);
    if (stack_parse(stack, size ? data[0] % (STACK_RUST + 1) : 0, &a, &s))
        check(&s);
    as_event(stack, &a);
    arena_free(&a);
    return 0;
}
