/* context.h -- one worker: what its parts share. Loop thread only, unless a member says otherwise. */
#ifndef QUERN_WORKER_CONTEXT_H
#define QUERN_WORKER_CONTEXT_H

#include <h2o.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/record.h"
#include "shm/world.h"
#include "worker/worker.h"

struct query_thread;
struct outcome_tally;

/* Somebody who waits for a ring position to become durable. Lives in the request's pool. */
struct waiter {
    struct waiter *next;
    uint64_t end; /* ring position */
    /* Called once, on the loop thread: durable. `gone` requests take themselves out first. */
    void (*ready)(struct waiter *w);
    bool cancelled;
};

/* Somebody who waits for the answer to a command. */
struct command_wait {
    struct command_wait *next;
    uint64_t id;
    int64_t deadline_ms;
    /* Once, on the loop thread. status 503 with an empty body when no answer came in time. */
    void (*answered)(struct command_wait *c, uint16_t status, struct text body);
    bool cancelled;
};

struct worker {
    const struct worker_conf *conf;
    struct world *world;
    struct ring *ring;
    struct mailbox *mailbox;
    struct registry_view registry; /* renewed by worker_registry() */

    h2o_globalconf_t h2o_conf;
    h2o_context_t h2o;
    struct arena arena;         /* of the request being taken in; reset after each */
    struct waiter *waiting, *waiting_last; /* in ring order */
    struct command_wait *asked;
    uint64_t next_command;
    struct outcome_tally *tally; /* refused items, flushed once a second */
    struct query_thread *query;
    bool draining;
    uint32_t open_requests;
};

/* The registry as it is now (cheap). */
const struct registry_view *worker_registry(struct worker *w);
/* Append a record and, when `waiter` is given, have it called once the record is durable (at once, by
 * a zero-timeout, with durability = process). RING_FULL: nothing happened. Rings the writer's bell. */
enum ring_rc worker_append(struct worker *w, enum record_kind kind, struct text body,
                           struct waiter *waiter);
/* Send a command to the writer. False: ring full, answer 503. */
bool worker_command(struct worker *w, uint32_t actor, const char *name, struct text args,
                    struct command_wait *c);
void worker_count(struct worker *w, enum counter which, uint64_t n);

#endif
