/* context.h -- one worker: what its parts share. Loop thread only, unless a member says otherwise.
 */
#ifndef QUERN_WORKER_CONTEXT_H
#define QUERN_WORKER_CONTEXT_H

#include <h2o.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/inflate.h"
#include "proto/record.h"
#include "shm/world.h"
#include "worker/worker.h"

struct query_thread;
struct outcome_tally;
struct settings;
struct keeper;
struct listener;
struct span_packer;
struct log_packer;

/* Somebody who waits for a ring position to become durable. Lives in the request's pool. */
struct waiter {
    struct waiter *next;
    uint64_t end;        /* ring position */
    int64_t deadline_us; /* of world_ticks_us(): a clock set forth ends no wait */
    /* Called once, on the loop thread. durable = false: WAIT_MAX_US have passed; the record is in
     * the ring and may still be stored. A request that goes before that calls worker_forget. */
    void (*ready)(struct waiter *w, bool durable);
};
#define WAIT_MAX_US INT64_C(30000000) /* SDKs give up after 30 s at the latest */

/* Somebody who waits for the answer to a command. */
struct command_wait {
    struct command_wait *next;
    uint64_t id;
    int64_t deadline_us;
    /* Once, on the loop thread. status 503 with an empty body when no answer came in time. */
    void (*answered)(struct command_wait *c, uint16_t status, struct text body);
    bool cancelled; /* the asker is gone: `answered` is still called, so that memory can be freed */
};
#define COMMAND_WAIT_US INT64_C(15000000)

struct worker {
    const struct worker_conf *conf;
    struct world *world;
    struct ring *ring;
    struct mailbox *mailbox;
    struct registry_view registry; /* renewed by worker_registry() */

    h2o_globalconf_t h2o_conf;
    h2o_context_t h2o;
    /* Both hold the one host there is; which of the two a connection points to says where it came
     * in (worker_peer_is_operator). */
    h2o_hostconf_t *hosts[2], *control_hosts[2];
    struct listener *listeners; /* listen.h; conf->listener_count of them */
    h2o_timeout_t yield_timeout;
    uint32_t connections;

    struct arena arena;                    /* of the request being taken in; reset after each */
    struct inflate_buf inflate;            /* its body, decoded … */
    struct inflate_buf inflate_inner;      /* … and what was compressed inside of that */
    struct waiter *waiting, *waiting_last; /* in ring order */
    bool pouring;                          /* a request goes through the ring in parts (commit.c) */
    struct arena command_arena;            /* of the command being appended */
    struct command_wait *asked;
    uint64_t next_command;
    bool bell_due; /* something was appended since the writer's bell was last rung */

    struct span_packer *span_packer; /* made when the first span comes */
    struct log_packer *log_packer;
    struct outcome_tally *tally; /* refused items, flushed once a second */
    struct settings *settings;   /* scrubbing and grouping rules of the projects, compiled */
    struct keeper *keeper;       /* large attachments on their way to disk */
    struct query_thread *query;

    bool draining;
    bool orphan; /* master is gone */
    int64_t drain_since_us;
    uint32_t open_requests;     /* taken by a handler, not answered yet (the API's, mostly) */
    h2o_timeout_entry_t tick;   /* once a second */
    h2o_timeout_entry_t settle; /* at once: somebody's record is durable */
};

/* The registry as it is now (cheap). */
const struct registry_view *worker_registry(struct worker *w);
/* Append a record and, when `waiter` is given (only `ready` need be set), have it called once the
 * record is durable, never before this returns. RING_FULL: nothing happened. Only from within the
 * loop: the writer's bell is rung once per turn of it, after a whole batch. */
enum ring_rc worker_append(struct worker *w, enum record_kind kind, struct text body,
                           struct waiter *waiter);
/* The same for all that is in the ring now. */
void worker_await(struct worker *w, struct waiter *waiter);
/* Take a waiter out: its request is gone. */
void worker_forget(struct worker *w, struct waiter *waiter);
/* Send a command to the writer. False: ring full, answer 503. */
bool worker_command(struct worker *w, uint32_t actor, const char *name, struct text args,
                    struct command_wait *c);
void worker_count(struct worker *w, enum counter which, uint64_t n);

/* Did this request come over the control socket, from the server's own user or root? */
bool worker_peer_is_operator(h2o_req_t *req);
/* The worker behind a request. */
struct worker *worker_of(h2o_req_t *req);

#endif
