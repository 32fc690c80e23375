/* trace_search_ranked.c -- traces by duration or size, where conditions on spans decide which: the newest
 * that fit, as many as one request can look at, in that order; the next pages go on in it, then with
 * those that are older. Exact where all that fit are among them. */
#include <stdlib.h>

#include "worker/trace_search.h"

#define RANKED_MAX 128

/* A cursor's offset: that of the newest-first search which the list was made from, and the place in it. */
#define PLACES 1024
static_assert(RANKED_MAX < PLACES, "a place fits its part of the offset");

static int by_rank(const void *a, const void *b, void *own)
{
    const struct trace_found *x = a, *y = b;
    const struct trace_search *s = own;
    uint64_t left = x->summary.end_ns - x->summary.start_ns,
             right = y->summary.end_ns - y->summary.start_ns;

    if (s->order == TRACES_LARGEST) {
        left = x->stored;
        right = y->stored;
    }
    if (left == right)
        return memcmp(x->id, y->id, 16);
    return (left > right) == (s->order == TRACES_SHORTEST) ? 1 : -1;
}

bool hunt_ranked(struct trace_hunt *h)
{
    struct trace_search *s = h->s;
    struct api_page_key begun = {s->from.value, s->from.offset / PLACES};
    uint32_t limit = s->limit, place = (uint32_t)(s->from.offset % PLACES), shown;

    s->from = begun;
    s->limit = RANKED_MAX;
    if (!(s->found = arena_alloc(h->c->arena, RANKED_MAX * sizeof *s->found)) || !hunt_newest(h))
        return false;
    if (s->count)
        qsort_r(s->found, s->count, sizeof *s->found, by_rank, s);
    if (place > s->count)
        place = s->count;
    shown = s->count - place < limit ? s->count - place : limit;
    if (place + shown < s->count) {
        s->more = true;
        s->next = (struct api_page_key){begun.value, begun.offset * PLACES + place + shown};
    } else {
        s->next.offset *= PLACES;
    }
    s->found += place;
    s->count = shown;
    s->limit = limit;
    return true;
}
