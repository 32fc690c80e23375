/* origin.c -- equal senders found by sorting: first the pointers, of which there are few, then what
 * they point to. */
#include "proto/origin.h"

#include <stdlib.h>
#include <string.h>

struct pair { /* a resource and a scope that some span has */
    const struct resource *resource;
    const struct scope *scope;
    uint32_t first;  /* the earliest span that has them */
    uint32_t sender; /* the earliest span of an equal resource */
    uint32_t origin;
};

/* ---- orders ---- */

static int by_text(struct text a, struct text b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int c = len ? memcmp(a.at, b.at, len) : 0;

    return c ? c : a.len < b.len ? -1 : a.len > b.len;
}

static int by_number(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_attr(const struct attr *a, const struct attr *b)
{
    uint64_t x = 0, y = 0;
    int c = by_text(a->key, b->key);

    if (c || (c = by_number(a->kind, b->kind)))
        return c;
    switch (a->kind) {
    case ATTR_BOOL:
    case ATTR_INT:
        return by_number((uint64_t)a->integer, (uint64_t)b->integer);
    case ATTR_DOUBLE:
        memcpy(&x, &a->real, sizeof x);
        memcpy(&y, &b->real, sizeof y);
        return by_number(x, y);
    case ATTR_EMPTY:
        return 0;
    default:
        return by_text(a->text, b->text);
    }
}

static int by_attrs(const struct attrs *a, const struct attrs *b)
{
    int c = by_number(a->count, b->count);

    for (uint32_t i = 0; c == 0 && i < a->count; i++)
        c = by_attr(&a->at[i], &b->at[i]);
    return c ? c : by_number(a->dropped, b->dropped);
}

static int by_resource(const struct resource *a, const struct resource *b)
{
    int c = a == b ? 0 : by_text(a->service, b->service);

    if (a == b || c)
        return c;
    if ((c = by_text(a->release, b->release)) || (c = by_text(a->environment, b->environment)))
        return c;
    return by_attrs(&a->attrs, &b->attrs);
}

static int by_scope(const struct scope *a, const struct scope *b)
{
    int c;

    if (a == b || !a || !b)
        return by_number(a != NULL, b != NULL);
    if ((c = by_text(a->name, b->name)) || (c = by_text(a->version, b->version)))
        return c;
    return by_attrs(&a->attrs, &b->attrs);
}

static int by_pointer(const void *x, const void *y)
{
    const struct pair *a = x, *b = y;
    int c = by_number((uintptr_t)a->resource, (uintptr_t)b->resource);

    return c ? c : by_number((uintptr_t)a->scope, (uintptr_t)b->scope);
}

static int by_pointer_first(const void *x, const void *y)
{
    int c = by_pointer(x, y);

    return c ? c : by_number(((const struct pair *)x)->first, ((const struct pair *)y)->first);
}

static int by_content(const void *x, const void *y)
{
    const struct pair *a = *(const struct pair *const *)x, *b = *(const struct pair *const *)y;
    int c = by_resource(a->resource, b->resource);

    if (c || (c = by_scope(a->scope, b->scope)))
        return c;
    return by_number(a->first, b->first);
}

static int by_appearance(const void *x, const void *y)
{
    const struct pair *a = *(const struct pair *const *)x, *b = *(const struct pair *const *)y;
    int c = by_number(a->sender, b->sender);

    return c ? c : by_number(a->first, b->first);
}

/* ---- finding ---- */

/* Distinct pairs of pointers, sorted by them. */
static uint32_t pairs_of(const struct span *const *spans, uint32_t count, struct pair *pairs)
{
    uint32_t n = 0, kept = 0;

    for (uint32_t i = 0; i < count; i++) /* neighbours mostly come from one batch */
        if (n == 0 || pairs[n - 1].resource != spans[i]->resource ||
            pairs[n - 1].scope != spans[i]->scope)
            pairs[n++] = (struct pair){spans[i]->resource, spans[i]->scope, .first = i};
    qsort(pairs, n, sizeof *pairs, by_pointer_first);
    for (uint32_t i = 0; i < n; i++)
        if (kept == 0 || by_pointer(&pairs[kept - 1], &pairs[i]) != 0)
            pairs[kept++] = pairs[i];
    return kept;
}

/* Equal neighbours become one: their earliest span, and the earliest of their resource. `list` is
 * sorted by content; what stays of it is one pair for each content. */
static uint32_t merge(struct pair **list, uint32_t count)
{
    uint32_t kept = 0;

    for (uint32_t i = 0, end; i < count; i = end) {
        uint32_t sender = list[i]->first;

        for (end = i + 1; end < count; end++) {
            if (by_resource(list[end]->resource, list[i]->resource) != 0)
                break;
            if (list[end]->first < sender)
                sender = list[end]->first;
        }
        for (uint32_t k = i; k < end; k++) {
            list[k]->sender = sender;
            /* the first of a run is its earliest: the rest learn where they belong by it */
            if (k == i || by_scope(list[k]->scope, list[k - 1]->scope) != 0)
                list[kept++] = list[k];
        }
    }
    return kept;
}

static void number(struct pair **list, uint32_t count, struct origins *out)
{
    qsort(list, count, sizeof *list, by_appearance);
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || list[i]->sender != list[i - 1]->sender)
            out->senders++;
        list[i]->origin = i;
        out->at[i] = (struct origin){list[i]->resource, list[i]->scope, out->senders - 1};
    }
    out->count = count;
}

bool origins_find(const struct span *const *spans, uint32_t count, struct arena *a,
                  struct origins *out)
{
    struct pair *pairs = arena_alloc(a, count * sizeof *pairs), **list, **all;
    uint32_t n, distinct;

    *out = (struct origins){.of = arena_alloc(a, count * sizeof *out->of)};
    if (arena_spent(a))
        return false;
    n = pairs_of(spans, count, pairs);
    list = arena_alloc(a, n * sizeof *list);
    all = arena_alloc(a, n * sizeof *all);
    out->at = arena_alloc(a, n * sizeof *out->at);
    if (arena_spent(a))
        return false;
    for (uint32_t i = 0; i < n; i++)
        all[i] = &pairs[i];
    qsort(all, n, sizeof *all, by_content);
    memcpy(list, all, n * sizeof *all);
    distinct = merge(list, n);
    number(list, distinct, out);
    for (uint32_t i = 1; i < n; i++)
        if (by_resource(all[i]->resource, all[i - 1]->resource) == 0 &&
            by_scope(all[i]->scope, all[i - 1]->scope) == 0)
            all[i]->origin = all[i - 1]->origin;
    for (uint32_t i = 0; i < count; i++) {
        struct pair key = {.resource = spans[i]->resource, .scope = spans[i]->scope};
        const struct pair *found = bsearch(&key, pairs, n, sizeof *pairs, by_pointer);

        out->of[i] = found->origin;
    }
    return true;
}
