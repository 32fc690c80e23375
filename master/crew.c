/* crew.c -- master's children as a whole: who runs in which slot, and what each runs after fork. */
#include "master/master.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "shm/log.h"
#include "writer/notifier.h"

#define WRITER_LOCK_STEP_MS 10

void crew_init(struct master *m)
{
    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++)
        child_init(&m->worker[slot], ROLE_WORKER, slot, slot);
    child_init(&m->writer, ROLE_WRITER, 0, BOARD_WRITER);
    child_init(&m->notifier, ROLE_NOTIFIER, 0, BOARD_NOTIFIER);
}

struct child *crew_at(struct master *m, uint32_t at)
{
    if (at < WORLD_SLOTS)
        return &m->worker[at];
    return at == WORLD_SLOTS ? &m->writer : &m->notifier;
}

struct child *crew_find(struct master *m, pid_t pid)
{
    for (uint32_t i = 0; i < CREW_ROWS; i++)
        if (crew_at(m, i)->pid == pid)
            return crew_at(m, i);
    return NULL;
}

/* ---- after fork ---- */

/* Master's end of every channel must be open in master alone: an end of file is how a child learns
 * that master has died. */
static void forget_master(struct master *m, const struct child *self)
{
    close(m->sig_fd);
    for (uint32_t i = 0; i < CREW_ROWS; i++)
        if (crew_at(m, i) != self && crew_at(m, i)->channel != -1)
            close(crew_at(m, i)->channel);
    takeover_close(m);
}

/* A second writer must never run beside the first one, whatever became of the masters of both: its
 * process holds a lock of its own (an open-file-description lock; the flock on the same file is the
 * masters'). The descriptor stays open until the process ends. */
static void lock_writer(struct master *m, int channel, int stop_fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    struct pollfd ends[2] = {{.fd = stop_fd, .events = POLLIN}, {.fd = channel, .events = POLLIN}};
    int fd = openat(m->world.dir_fd, "lock", O_RDWR | O_CLOEXEC);

    if (fd == -1) {
        log_error("writer.lock", "error=\"%s\"", strerror(errno));
        exit(EX_CANTCREAT);
    }
    while (fcntl(fd, F_OFD_SETLK, &whole) != 0) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
            log_error("writer.lock_failed", "error=\"%s\"", strerror(errno));
            exit(EX_OSERR);
        }
        if (poll(ends, 2, WRITER_LOCK_STEP_MS) > 0)
            exit(EXIT_SUCCESS); /* told to leave before it began */
    }
}

/* Sockets of the other world (the one that a reload builds, or leaves) must not stay open in a
 * child that does not serve them: connections would queue there for nobody. */
static void close_strangers(const struct listen_set *other, const struct listen_set *own)
{
    for (uint32_t i = 0; i < other->count; i++) {
        bool ours = false;

        for (uint32_t k = 0; k < own->count; k++)
            ours |= own->at[k].fd == other->at[i].fd;
        if (!ours)
            close(other->at[i].fd);
    }
}

static void writer_life(void *context, const struct child *c, int channel, int stop_fd)
{
    struct master *m = context;
    struct writer_conf conf = {.world = &m->world, .channel = channel, .stop_signal_fd = stop_fd};

    forget_master(m, c);
    listen_forget(&m->listen);
    if (m->reload.step == RELOAD_WORKERS)
        listen_forget(&m->reload.listen);
    lock_writer(m, channel, stop_fd);
    conf_writer(&m->conf, &conf);
    conf.base_url = m->url;
    exit(writer_main(&conf));
}

static void notifier_life(void *context, const struct child *c, int channel, int stop_fd)
{
    struct master *m = context;
    struct notifier_conf conf = {.world = &m->world, .channel = channel, .stop_signal_fd = stop_fd};

    forget_master(m, c);
    listen_forget(&m->listen);
    if (m->reload.step == RELOAD_WORKERS)
        listen_forget(&m->reload.listen);
    exit(notifier_main(&conf));
}

static void worker_life(void *context, const struct child *c, int channel, int stop_fd)
{
    struct master *m = context;
    bool reloaded = m->reload.step == RELOAD_WORKERS && c->generation == m->reload.generation;
    const struct conf *own = reloaded ? &m->reload.conf : &m->conf;
    const struct listen_set *listen = reloaded ? &m->reload.listen : &m->listen;
    const struct listen_set *other = reloaded ? &m->listen : &m->reload.listen;
    struct worker_conf conf = {.world = &m->world,
                               .slot = c->slot,
                               .generation = c->generation,
                               .channel = channel,
                               .stop_signal_fd = stop_fd};

    forget_master(m, c);
    if (m->reload.step == RELOAD_WORKERS)
        close_strangers(other, listen);
    log_set_level((enum log_level)own->log_level);
    conf_worker(own, &conf);
    for (uint32_t i = 0; i < listen->count; i++) {
        const struct listener *l = &listen->at[i];

        conf.listeners[conf.listener_count++] =
            (struct worker_listener){.fd = l->fd,
                                     .control = l->control,
                                     .cert = l->tls ? own->tls_cert : NULL,
                                     .key = l->tls ? own->tls_key : NULL};
    }
    exit(worker_main(&conf));
}

/* ---- starting ---- */

void crew_start(struct master *m, struct child *c, int64_t now_us)
{
    int rc;

    if (c->role == ROLE_WORKER && (rc = world_slot(&m->world, c->slot)) != 0) {
        /* No room for a ring, most likely. The child meets the same and says so with its status. */
        log_warn("slot.open_failed", "slot=%u error=\"%s\"", c->slot, strerror(-rc));
    }
    c->retired = false;
    if (c->role == ROLE_WORKER)
        child_start(c, &m->world, c->generation, now_us, worker_life, m);
    else if (c->role == ROLE_WRITER)
        child_start(c, &m->world, m->generation, now_us, writer_life, m);
    else if (c->role == ROLE_NOTIFIER)
        child_start(c, &m->world, m->generation, now_us, notifier_life, m);
}

/* A slot is free when nobody of ours and nobody of an older binary's works in it: two generations
 * never share one, since a ring has one producer. */
static bool slot_free(struct master *m, uint32_t slot)
{
    return m->worker[slot].state == CHILD_VACANT &&
           atomic_load_explicit(&m->world.board->row[slot].state, memory_order_relaxed) ==
               BOARD_FREE;
}

uint32_t crew_free_slots(struct master *m)
{
    uint32_t n = 0;

    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++)
        n += slot_free(m, slot);
    return n;
}

bool crew_start_workers(struct master *m, uint32_t generation, uint32_t count, int64_t now_us)
{
    struct child *chosen[WORLD_SLOTS];
    uint32_t n = 0;

    for (uint32_t slot = 0; slot < WORLD_SLOTS && n < count; slot++)
        if (slot_free(m, slot))
            chosen[n++] = &m->worker[slot];
    if (n < count)
        return false;
    /* All rings before the first fork: each worker can then see those of the others (status). */
    for (uint32_t i = 0; i < n; i++)
        world_slot(&m->world, chosen[i]->slot);
    for (uint32_t i = 0; i < n; i++) {
        chosen[i]->generation = generation;
        chosen[i]->failures = 0;
        crew_start(m, chosen[i], now_us);
    }
    return true;
}

/* ---- asking ---- */

bool crew_serves(struct master *m, uint32_t generation)
{
    bool any = false;

    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++) {
        const struct child *c = &m->worker[slot];

        if (c->state == CHILD_VACANT || c->generation != generation)
            continue;
        if (c->state != CHILD_READY)
            return false;
        any = true;
    }
    return any;
}

bool crew_workers_alive(struct master *m)
{
    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++)
        if (child_alive(&m->worker[slot]))
            return true;
    return false;
}

/* ---- ending ---- */

void crew_retire(struct master *m, uint32_t generation, bool others, int64_t now_us)
{
    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++) {
        struct child *c = &m->worker[slot];

        if ((c->generation == generation) == others || c->state == CHILD_VACANT)
            continue;
        c->retired = true;
        if (!child_alive(c)) /* it rests: nobody will come to clear its row */
            atomic_store_explicit(&m->world.board->row[slot].state, BOARD_FREE,
                                  memory_order_relaxed);
        child_stop(c, now_us);
    }
}

void crew_clear_board(struct master *m, bool all)
{
    for (uint32_t at = 0; at < WORLD_SLOTS; at++) {
        struct board_row *row = &m->world.board->row[at];
        uint32_t pid = atomic_load_explicit(&row->pid, memory_order_relaxed);

        if (atomic_load_explicit(&row->state, memory_order_relaxed) == BOARD_FREE ||
            m->worker[at].state != CHILD_VACANT)
            continue;
        if (!all && board_alive(pid))
            continue;
        index_refresh(m->world.index);
        index_sweep(m->world.index, at,
                    atomic_load_explicit(&row->generation, memory_order_relaxed));
        atomic_store_explicit(&row->pid, 0, memory_order_relaxed);
        atomic_store_explicit(&row->state, BOARD_FREE, memory_order_relaxed);
    }
}
