/* Any text as a search: it is read or refused, and what was read can be held against an event. The first
 * half of the input is also a pattern for the second: matching must end, whatever stars it has. */
#include <stdlib.h>

#include "model/search.h"
#include "proto/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_terms(const struct search *s)
{
    if (s->count > SEARCH_TERMS_MAX)
        abort();
    for (uint32_t i = 0; i < s->count; i++) {
        const struct search_term *t = &s->terms[i];

        if (t->count > SEARCH_VALUES_MAX || (t->count && !t->values) ||
            (t->key == SEARCH_TAG && !t->name.at))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text input = {(const char *)data, size};
    struct text first = text_cut(input, 0, size / 2), second = text_cut(input, size / 2, size);
    struct record_tag tags[] = {{TEXT("color"), TEXT("blue")}, {TEXT("x"), second}};
    struct record_event e = {.title = second,
                             .culprit = TEXT("pay(app/cart)"),
                             .platform = TEXT("javascript"),
                             .metadata = TEXT("{\"type\":\"TypeError\",\"value\":\"x\"}"),
                             .release = TEXT("shop@1.0"),
                             .user = TEXT("id:9"),
                             .tags = tags,
                             .tag_count = 2};
    struct arena a;
    struct search s;
    struct text error;

    arena_init(&a, 4 * MIB);
    if (search_parse(input, 1772445600000, &a, &s, &error)) {
        check_terms(&s);
        search_event(&s, &e, &a);
    } else if (!error.at) {
        abort();
    }
    search_glob(first, second);
    search_like(first, &a);
    search_like_within(second, &a);
    arena_free(&a);
    return 0;
}
