/* child.h -- one child's life, as states: start, ready, beats, deadline, obituary, next start.
 *
 *    VACANT ──start──► STARTING ──'R'──► READY ──stop──► DRAINING
 *      ▲                  │ died           │ died           │ died
 *      │                  ▼                ▼                ▼
 *      └──(retired)──── RESTING ◄──────────┘            VACANT or, when it is wanted again, RESTING
 *                         └──when its time has come──► STARTING
 *
 * For        master's table of processes. A child is believed nothing but: that it ended, the byte
 *            'R' on its channel, and its beat on the board.
 * Ownership  the channel's descriptor is the child row's. The board row is stored here.
 * Blocking   never. */
#ifndef QUERN_MASTER_CHILD_H
#define QUERN_MASTER_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shm/world.h"

enum child_state { CHILD_VACANT, CHILD_STARTING, CHILD_READY, CHILD_DRAINING, CHILD_RESTING };

struct child {
    enum role role;
    uint32_t slot; /* workers */
    uint32_t generation;
    uint32_t board_row;
    enum child_state state;
    bool retired; /* when it ends, it is not started again */
    pid_t pid;
    int channel;         /* our end of the socketpair; -1: none */
    bool was_ready;      /* since the last start */
    int64_t since_us;    /* of this state, monotonic */
    int64_t deadline_us; /* STARTING, DRAINING: then it is killed. RESTING: then it starts */
    int64_t beat_seen;   /* last value of its beat on the board … */
    int64_t beat_us;     /* … and when it moved, by our clock */
    uint32_t failures;   /* starts in a row that did not serve for CHILD_PROVEN_US */
    uint32_t restarts;
};

#define CHILD_PROVEN_US 1000000LL    /* served this long: the next death is no failing start */
#define CHILD_REST_MIN_US 50000LL    /* doubled with each failure … */
#define CHILD_REST_MAX_US 30000000LL /* … up to here */
#define CHILD_BEAT_US 30000000LL     /* silent for longer: killed */
#define CHILD_START_US 60000000LL    /* a worker must serve by then */
#define CHILD_START_WRITER_US 1800000000LL /* the writer may have a catalogue to rebuild */
#define CHILD_DRAIN_US 75000000LL          /* longer than a child gives itself (worker.c: 60 s) */

void child_init(struct child *c, enum role role, uint32_t slot, uint32_t board_row);
const char *child_name(const struct child *c, char out[24]); /* "worker/3", "writer" */

/* What runs in the child: it never returns. `channel` is its end of the socketpair, `stop_fd` is
 * readable when TERM arrived. */
typedef void child_life(void *context, const struct child *c, int channel, int stop_fd);
/* Fork. False: it could not be started, and rests. */
bool child_start(struct child *c, struct world *w, uint32_t generation, int64_t now_us,
                 child_life *life, void *context);
/* Its channel is readable: true when it has just become ready. */
bool child_heard(struct child *c, struct world *w, int64_t now_us);
/* TERM; killed when it has not left by then. */
void child_stop(struct child *c, int64_t now_us);
void child_kill(struct child *c, const char *why);
/* It ended: cleared from board and index; rests until its next start, or is vacant if retired. */
void child_ended(struct child *c, struct world *w, int status, int64_t now_us);
/* Deadlines and beats; call at least once a second. True: it is time to start it again. */
bool child_tick(struct child *c, const struct world *w, int64_t now_us);
/* When child_tick has something to do next. */
int64_t child_next_us(const struct child *c);

static inline bool child_alive(const struct child *c)
{
    return c->state == CHILD_STARTING || c->state == CHILD_READY || c->state == CHILD_DRAINING;
}

#endif
