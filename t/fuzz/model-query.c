/* Any bytes as a query, in both languages, asked of a span: an end, and no more nodes than allowed. The first
 * half is also an expression for the second: in brackets it says the same. */
#include <stdlib.h>

#include "model/expression.h"
#include "model/query_words.h"
#include "model/traceql.h"
#include "proto/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct span_query *q, uint32_t root, struct arena *a)
{
    struct attr attr = {.key = TEXT("http.method"), .kind = ATTR_STRING, .text = TEXT("GET")};
    struct resource r = {.service = TEXT("s")};
    struct span s = {.name = TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
                     .end_ns = 5,
                     .resource = &r,
                     .attrs = {&attr, 1, 0}};
    struct query_item item = {.span = &s};
    struct query_need needs[QUERY_NEEDS];

    if (root != QUERY_NONE && root >= q->count)
        abort();
    query_ask(q, root, &item, a);
    if (query_needs(q, root, needs, QUERY_NEEDS) > QUERY_NEEDS)
        abort();
}

static void match(struct text source, struct text t, struct arena *a)
{
    static struct expression bare, grouped;
    struct text group = arena_join(a, TEXT("(?:"), source, TEXT(")"));

    if (!expression_read(source, &bare) || group.len > EXPRESSION_MAX)
        return;
    if (!expression_read(group, &grouped) ||
        expression_matches(&bare, t) != expression_matches(&grouped, t))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text t = {(const char *)data, size}, error;
    struct span_query words;
    struct traceql tql;
    struct arena a;
    uint32_t root;

    if (size > 4096)
        return 0;
    arena_init(&a, 64 * MIB);
    if (query_begin(&words, &a) && query_words(t, 1760000000000, &a, &words, &root, &error))
        ask(&words, root, &a);
    query_end(&words);
    if (traceql_read(t, &a, &tql, &error))
        ask(&tql.query, traceql_lead(&tql), &a);
    query_end(&tql.query);
    match(text_cut(t, 0, size / 2), text_cut(t, size / 2, size), &a);
    arena_free(&a);
    return 0;
}
