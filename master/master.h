/* master.h -- the master process: its context and the parts that work on it. Private to master/.
 * supervise.c has the loop, crew.c starts and finds children, reload.c is HUP, takeover.c is USR2.
 */
#ifndef QUERN_MASTER_MASTER_H
#define QUERN_MASTER_MASTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "master/child.h"
#include "master/conf.h"
#include "master/folder.h"
#include "master/listen.h"
#include "shm/world.h"

enum phase {
    PHASE_WRITER,     /* the writer prepares the folder */
    PHASE_WORKERS,    /* the first generation of workers starts */
    PHASE_SUCCESSION, /* our workers serve; the older binary drains and leaves */
    PHASE_SERVING,
    PHASE_STOP_WORKERS, /* the way out: those who take in, those who store, those who tell */
    PHASE_STOP_WRITER,
    PHASE_STOP_NOTIFIER,
    PHASE_OVER
};

enum reload_step {
    RELOAD_NONE,
    RELOAD_WORKERS, /* a new generation starts, the old one serves */
    RELOAD_WRITER   /* the new one serves, the writer starts anew */
};

/* A reload under way: the new world beside the old one. */
struct reload {
    bool wanted; /* HUP came and has not been looked at yet */
    enum reload_step step;
    uint32_t generation;
    int64_t began_us;
    struct conf conf;
    struct listen_set listen;
};

struct takeover {
    pid_t heir;      /* we are the older one: the new binary's process; 0: none */
    int heir_fd;     /* … and what it says; -1 */
    int ancestor_fd; /* we are the newer one: its end of file means the old one has gone; -1 */
    bool serial;     /* the old one speaks another dialect: wait until it has left */
    bool handed;     /* the heir serves: leave the sockets and the service manager to it */
    int bells[WORLD_BELLS]; /* handed down, in the order of world.h */
    uint32_t bell_count;
};

struct master {
    const struct conf_args *args;
    char **argv;        /* for exec */
    char program[4096]; /* the binary's path at start: what stands there is exec'ed by USR2 */
    struct conf conf;
    char url[CONF_TEXT_MAX]; /* external URL: configured, or that of the first socket */
    struct folder folder;
    struct listen_set listen;
    struct world world;
    bool world_open;
    bool first_start; /* no bootstrap.json yet when we started */
    int sig_fd;

    enum phase phase;
    bool workers_due; /* to be started as soon as slots are free for them */
    bool stop_wanted; /* TERM came in the middle of a succession */
    int exit_status;
    uint32_t generation;      /* of the workers that serve, or shall */
    uint32_t last_generation; /* ever given out, by any binary: none comes again */
    struct child worker[WORLD_SLOTS], writer, notifier;
    struct reload reload;
    struct takeover takeover;
    int64_t started_us, ticked_us, watchdog_us; /* watchdog_us: interval, 0: none */
};

/* ---- crew.c ---- */
void crew_init(struct master *m);
struct child *crew_find(struct master *m, pid_t pid);
/* Call for each child row, vacant ones included; `at` runs from 0 to CREW_ROWS - 1. */
#define CREW_ROWS (WORLD_SLOTS + 2)
struct child *crew_at(struct master *m, uint32_t at);
/* Start (or start again) one child with the configuration that its generation belongs to. */
void crew_start(struct master *m, struct child *c, int64_t now_us);
/* Start `count` workers of a generation in free slots. False: not that many slots are free. */
bool crew_start_workers(struct master *m, uint32_t generation, uint32_t count, int64_t now_us);
uint32_t crew_free_slots(struct master *m);
/* Are there workers of this generation, and does each of them serve? */
bool crew_serves(struct master *m, uint32_t generation);
bool crew_workers_alive(struct master *m);
/* Drain the workers of this generation, or of all others. */
void crew_retire(struct master *m, uint32_t generation, bool others, int64_t now_us);
/* Board rows of processes that are nobody's child any more. `all`: nobody else can be alive. */
void crew_clear_board(struct master *m, bool all);

/* ---- reload.c ---- */
void reload_begin(struct master *m, int64_t now_us);
/* One of the new generation cannot serve: give the generation up. */
void reload_failed(struct master *m, const struct child *c, int64_t now_us);
void reload_advance(struct master *m, int64_t now_us);

/* ---- takeover.c ---- */
/* Old: start the new binary. */
void takeover_begin(struct master *m);
void takeover_heard(struct master *m); /* heir_fd is readable */
void takeover_heir_ended(struct master *m, int status, int64_t now_us);
/* New: take what the environment hands down. 0: nothing; 1: taken; -1: unusable, see why. */
int takeover_inherit(struct master *m, char *why, size_t room);
void takeover_tell_ancestor(struct master *m);
/* ancestor_fd is readable: true when the old one has gone. */
bool takeover_ancestor_gone(struct master *m);
/* After fork, in a child: these are master's. */
void takeover_close(struct master *m);
/* The bells that came down, for world_open; NULL: none. */
const int *takeover_bells(const struct master *m);

/* ---- start.c ---- */
/* Everything that the first fork needs; 0 or an exit status. */
int start_prepare(struct master *m);
/* Fill in m->url from configuration and sockets. */
void start_name_url(struct master *m);
/* From here on this process is the one that serves the folder. */
void start_take_chair(struct master *m);

/* ---- supervise.c ---- */
void master_stop(struct master *m, int status, int64_t now_us);
/* The heir died while we were making room for it: serve again. */
void master_resume(struct master *m, int64_t now_us);

#endif
