/* trace_search_issue.c -- the traces in which an issue's events happened, newest event first. A trace is
 * shown at the newest event that it has of the issue. */
#include <string.h>

#include "worker/stored.h"
#include "worker/trace_error.h"
#include "worker/trace_search.h"

#define EVENTS_READ 100 /* of the issue, for one page */
#define EVENTS_OF_TRACE 100

struct event {
    uint64_t seq;
    uint8_t trace[16];
};

/* Its newest events below the cursor, with their traces. */
static uint32_t events_of(struct trace_hunt *h, struct event *out, bool *more)
{
    uint64_t before = h->s->from.offset ? (uint64_t)h->s->from.offset : UINT64_MAX;
    struct stored_walk walk;
    struct stored_event e;
    uint32_t n = 0;

    *more = false;
    if (!stored_walk_issue(h->c, h->s->issue, before, &walk))
        return 0;
    while (stored_walk_next(&walk, &e)) {
        struct record_event r;

        if (n == EVENTS_READ) {
            *more = true;
            break;
        }
        out[n] = (struct event){.seq = e.seq};
        if (stored_read(h->c, &e, &r))
            memcpy(out[n].trace, r.trace_id, 16);
        n++;
    }
    return n;
}

static bool newest_there(struct trace_hunt *h, const struct event *e)
{
    struct stored_event places[EVENTS_OF_TRACE];
    uint32_t count = trace_error_places(h->c, e->trace, places, EVENTS_OF_TRACE);

    for (uint32_t i = count; i-- > 0;)
        if (places[i].seq > e->seq && stored_issue(h->c, &places[i]) == h->s->issue)
            return false;
    return true;
}

static bool judge(struct trace_hunt *h, const struct event *e)
{
    struct trace_candidate one = {.start_ns = 0};
    struct trace_found f;

    memcpy(one.id, e->trace, 16);
    if (!hunt_read(h, &one, 1))
        return false;
    if (hunt_fits(h, 0, &f))
        h->s->found[h->s->count++] = f;
    return true;
}

bool hunt_issue(struct trace_hunt *h)
{
    struct trace_search *s = h->s;
    struct event *events = arena_alloc(h->c->arena, EVENTS_READ * sizeof *events);
    uint32_t count, i = 0;
    bool more;

    if (!events)
        return false;
    count = events_of(h, events, &more);
    for (; i < count && s->count < s->limit && h->loads; i++) {
        const struct event *e = &events[i];

        if (id_is_zero(e->trace, 16) || hunt_is_done(h, e->trace))
            continue;
        hunt_done(h, e->trace);
        if (newest_there(h, e) && !judge(h, e))
            return false;
    }
    s->more = more || i < count;
    s->next = (struct api_page_key){0, i ? (int64_t)events[i - 1].seq : 0};
    return !h->c->refused;
}
