/* wait.c -- records out, answers back: requests that wait for a commit or for the writer's word. */
#include "worker/wait.h"

#include <sys/uio.h>

#include "worker/context.h"

static void wait_for(struct worker *w, struct waiter *waiter, uint64_t end)
{
    waiter->end = end;
    waiter->deadline_us = world_ticks_us() + WAIT_MAX_US;
    waiter->next = NULL;
    if (w->waiting)
        w->waiting_last->next = waiter;
    else
        w->waiting = waiter;
    w->waiting_last = waiter;
}

enum ring_rc worker_append(struct worker *w, enum record_kind kind, struct text body,
                           struct waiter *waiter)
{
    struct iovec part = {(void *)body.at, body.len};
    uint64_t end;
    enum ring_rc rc = ring_put(w->ring, kind, &part, 1, &end);

    if (rc == RING_FULL)
        worker_count(w, COUNTER_ring_full, 1);
    if (rc != RING_OK)
        return rc;
    w->bell_due = true;
    if (waiter)
        wait_for(w, waiter, end);
    return RING_OK;
}

void worker_await(struct worker *w, struct waiter *waiter)
{
    wait_for(w, waiter, ring_tail(w->ring));
}

void worker_forget(struct worker *w, struct waiter *waiter)
{
    struct waiter **at = &w->waiting, *before = NULL;

    /* Linear, but only for clients that leave in the middle (HTTP/2 resets). */
    while (*at && *at != waiter) {
        before = *at;
        at = &(*at)->next;
    }
    if (!*at)
        return;
    *at = waiter->next;
    if (w->waiting_last == waiter)
        w->waiting_last = before;
}

static void release(struct worker *w, bool durable)
{
    struct waiter *first = w->waiting;

    /* Out of the list before the call: it may send, and sending may free it. */
    w->waiting = first->next;
    first->ready(first, durable);
}

bool wait_due(const struct worker *w)
{
    return w->waiting && w->waiting->end <= ring_released(w->ring);
}

void wait_settle(struct worker *w)
{
    uint64_t done = ring_released(w->ring);

    while (w->waiting && w->waiting->end <= done)
        release(w, true);
}

bool worker_command(struct worker *w, uint32_t actor, const char *name, struct text args,
                    struct command_wait *c)
{
    struct record_command r = {
        .id = w->next_command,
        .actor = actor,
        .time_ms = world_now_ms(),
        .name = text_of(name),
        .args = args,
    };
    struct buf out;
    enum ring_rc rc;

    arena_reset(&w->command_arena);
    buf_init(&out, &w->command_arena, args.len + 256, COMMAND_MAX);
    record_command_write(&out, &r);
    if (out.failed || (rc = worker_append(w, RECORD_COMMAND, buf_result(&out), NULL)) != RING_OK)
        return false;
    c->id = w->next_command++;
    c->deadline_us = world_ticks_us() + COMMAND_WAIT_US;
    c->next = w->asked;
    w->asked = c;
    worker_count(w, COUNTER_commands, 1);
    return true;
}

static struct command_wait *take_asked(struct worker *w, uint64_t id)
{
    for (struct command_wait **at = &w->asked; *at; at = &(*at)->next)
        if ((*at)->id == id) {
            struct command_wait *c = *at;

            *at = c->next;
            return c;
        }
    return NULL;
}

void wait_mail(struct worker *w)
{
    struct mail mail;

    while (mailbox_take(w->mailbox, &mail)) {
        struct command_wait *c = take_asked(w, mail.id); /* NULL: we gave up on it */

        if (c)
            c->answered(c, mail.status, (struct text){mail.body, mail.len});
    }
}

void wait_expire(struct worker *w, int64_t now_us)
{
    while (w->waiting && now_us >= w->waiting->deadline_us)
        release(w, false);
    for (struct command_wait **at = &w->asked; *at;) {
        struct command_wait *c = *at;

        if (now_us < c->deadline_us) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        c->answered(c, 503, TEXT(""));
        at = &w->asked; /* the list may have changed under the call */
    }
}

bool wait_idle(const struct worker *w)
{
    return !w->waiting && !w->asked;
}
