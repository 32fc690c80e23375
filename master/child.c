/* child.c -- see child.h. */
#include "master/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "master/sig.h"
#include "shm/log.h"
#include "shm/self.h"

static const char *state_name(enum child_state s)
{
    static const char *const names[] = {"vacant", "starting", "ready", "draining", "resting"};

    return names[s];
}

void child_init(struct child *c, enum role role, uint32_t slot, uint32_t board_row)
{
    *c = (struct child){.role = role, .slot = slot, .board_row = board_row, .channel = -1};
}

const char *child_name(const struct child *c, char out[24])
{
    if (c->role == ROLE_WORKER)
        snprintf(out, 24, "worker/%u", c->slot);
    else
        snprintf(out, 24, "%s", role_name(c->role));
    return out;
}

static struct board_row *row_of(const struct child *c, const struct world *w)
{
    return &w->board->row[c->board_row];
}

static void enter(struct child *c, enum child_state state, int64_t now_us, int64_t deadline_us)
{
    char name[24];

    log_debug("child.state", "child=%s pid=%d from=%s to=%s", child_name(c, name), (int)c->pid,
              state_name(c->state), state_name(state));
    c->state = state;
    c->since_us = now_us;
    c->deadline_us = deadline_us;
}

/* Put it to rest, for longer each time that it has not proven itself. */
static void rest(struct child *c, int64_t now_us)
{
    int64_t pause = CHILD_REST_MIN_US;

    for (uint32_t i = 0; i < c->failures && pause < CHILD_REST_MAX_US; i++)
        pause *= 2;
    if (pause > CHILD_REST_MAX_US)
        pause = CHILD_REST_MAX_US;
    enter(c, CHILD_RESTING, now_us, now_us + pause);
}

static void board_enter(const struct child *c, struct world *w)
{
    struct board_row *row = row_of(c, w);

    atomic_store_explicit(&row->role, (uint32_t)c->role, memory_order_relaxed);
    atomic_store_explicit(&row->generation, c->generation, memory_order_relaxed);
    atomic_store_explicit(&row->started_ms, world_now_ms(), memory_order_relaxed);
    atomic_store_explicit(&row->restarts, c->restarts, memory_order_relaxed);
    atomic_store_explicit(&row->state, BOARD_STARTING, memory_order_relaxed);
}

static void become_child(struct child *c, int channel, child_life *life, void *context)
{
    int stop_fd;

    c->pid = getpid();
    self_set(c->role, c->slot, c->generation);
    stop_fd = sig_child();
    if (stop_fd < 0) {
        log_error("child.signals", "error=\"%s\"", strerror(-stop_fd));
        exit(EXIT_FAILURE);
    }
    life(context, c, channel, stop_fd);
    abort(); /* life() never returns */
}

static bool start_failed(struct child *c, const char *call, int64_t now_us)
{
    char name[24];

    log_error("child.start_failed", "child=%s call=%s error=\"%s\"", child_name(c, name), call,
              strerror(errno));
    c->failures++;
    rest(c, now_us);
    return false;
}

bool child_start(struct child *c, struct world *w, uint32_t generation, int64_t now_us,
                 child_life *life, void *context)
{
    int64_t patience = c->role == ROLE_WRITER ? CHILD_START_WRITER_US : CHILD_START_US;
    int ends[2];

    c->generation = generation;
    c->was_ready = false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return start_failed(c, "socketpair", now_us);
    fflush(NULL); /* what is buffered here must not be printed twice */
    board_enter(c, w);
    c->pid = fork();
    if (c->pid == 0) {
        close(ends[0]);
        become_child(c, ends[1], life, context);
    }
    close(ends[1]);
    if (c->pid == -1) {
        close(ends[0]);
        c->pid = 0;
        return start_failed(c, "fork", now_us);
    }
    atomic_store_explicit(&row_of(c, w)->pid, (uint32_t)c->pid, memory_order_relaxed);
    c->channel = ends[0];
    enter(c, CHILD_STARTING, now_us, now_us + patience);
    return true;
}

static void close_channel(struct child *c)
{
    if (c->channel != -1)
        close(c->channel);
    c->channel = -1;
}

bool child_heard(struct child *c, struct world *w, int64_t now_us)
{
    char word, name[24];
    ssize_t n = read(c->channel, &word, 1);

    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n != 1) {
        close_channel(c); /* it has left, or is about to: waitpid tells the rest */
        return false;
    }
    if (word != 'R') {
        log_warn("child.word", "child=%s word=%d", child_name(c, name), word);
        return false;
    }
    if (c->state != CHILD_STARTING)
        return false;
    c->was_ready = true;
    c->beat_seen = 0;
    c->beat_us = now_us;
    atomic_store_explicit(&row_of(c, w)->state, BOARD_READY, memory_order_relaxed);
    log_notice("child.ready", "child=%s pid=%d generation=%u took_ms=%lld", child_name(c, name),
               (int)c->pid, c->generation, (long long)((now_us - c->since_us) / 1000));
    enter(c, CHILD_READY, now_us, INT64_MAX);
    return true;
}

void child_stop(struct child *c, int64_t now_us)
{
    switch (c->state) {
    case CHILD_STARTING:
    case CHILD_READY:
        kill(c->pid, SIGTERM);
        enter(c, CHILD_DRAINING, now_us, now_us + CHILD_DRAIN_US);
        break;
    case CHILD_RESTING:
        enter(c, CHILD_VACANT, now_us, INT64_MAX);
        break;
    case CHILD_VACANT:
    case CHILD_DRAINING:
        break;
    }
}

void child_kill(struct child *c, const char *why)
{
    char name[24];

    if (!child_alive(c))
        return;
    log_warn("child.kill", "child=%s pid=%d why=\"%s\"", child_name(c, name), (int)c->pid, why);
    kill(c->pid, SIGKILL);
    c->deadline_us = INT64_MAX; /* once is enough */
}

/* What a dead worker held in shared memory belongs to nobody now. */
static void sweep(const struct child *c, struct world *w)
{
    uint64_t cleared;
    char name[24];

    index_refresh(w->index);
    cleared = index_sweep(w->index, c->slot, c->generation);
    if (cleared > 0)
        log_notice("child.swept", "child=%s generation=%u claims=%llu", child_name(c, name),
                   c->generation, (unsigned long long)cleared);
}

static void log_end(const struct child *c, int status, int64_t now_us)
{
    bool expected = c->state == CHILD_DRAINING && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    bool signalled = WIFSIGNALED(status);
    long long state_ms = (now_us - c->since_us) / 1000;
    char name[24];

    child_name(c, name);
    if (expected)
        log_notice("child.left", "child=%s pid=%d generation=%u drain_ms=%lld", name, (int)c->pid,
                   c->generation, state_ms);
    else
        log_warn("child.died", "child=%s pid=%d generation=%u %s=%d state=%s state_ms=%lld", name,
                 (int)c->pid, c->generation, signalled ? "signal" : "status",
                 signalled ? WTERMSIG(status) : WEXITSTATUS(status), state_name(c->state),
                 state_ms);
}

void child_ended(struct child *c, struct world *w, int status, int64_t now_us)
{
    struct board_row *row = row_of(c, w);
    bool drained = c->state == CHILD_DRAINING;
    char name[24];

    log_end(c, status, now_us);
    close_channel(c);
    if (c->role == ROLE_WORKER)
        sweep(c, w);
    atomic_store_explicit(&row->pid, 0, memory_order_relaxed);
    atomic_store_explicit(&row->state, c->retired ? BOARD_FREE : BOARD_DEAD, memory_order_relaxed);
    if (c->was_ready && (c->state != CHILD_READY || now_us - c->since_us >= CHILD_PROVEN_US))
        c->failures = 0;
    else
        c->failures++;
    c->pid = 0;
    c->restarts++;
    if (c->retired) {
        enter(c, CHILD_VACANT, now_us, INT64_MAX);
        return;
    }
    rest(c, now_us);
    if (drained)
        c->deadline_us = now_us; /* it left because it was told to make room for its successor */
    if (c->failures >= 5)
        log_error("child.crash_loop", "child=%s failures=%u next_start_ms=%lld",
                  child_name(c, name), c->failures, (long long)((c->deadline_us - now_us) / 1000));
}

/* Beats are wall-clock times of the child's; only whether they move is asked, by our own clock, so
 * that a clock set back or forth kills nobody. */
static bool silent(struct child *c, const struct world *w, int64_t now_us)
{
    int64_t beat = atomic_load_explicit(&row_of(c, w)->beat_ms, memory_order_relaxed);

    if (beat != c->beat_seen) {
        c->beat_seen = beat;
        c->beat_us = now_us;
    }
    return now_us - c->beat_us > CHILD_BEAT_US;
}

bool child_tick(struct child *c, const struct world *w, int64_t now_us)
{
    switch (c->state) {
    case CHILD_VACANT:
        break;
    case CHILD_STARTING:
        if (now_us >= c->deadline_us)
            child_kill(c, "not ready in time");
        break;
    case CHILD_READY:
        if (silent(c, w, now_us)) {
            child_kill(c, "no heartbeat");
            c->beat_us = now_us;
        }
        break;
    case CHILD_DRAINING:
        if (now_us >= c->deadline_us)
            child_kill(c, "did not drain in time");
        break;
    case CHILD_RESTING:
        return now_us >= c->deadline_us;
    }
    return false;
}

int64_t child_next_us(const struct child *c)
{
    switch (c->state) {
    case CHILD_STARTING:
    case CHILD_DRAINING:
    case CHILD_RESTING:
        return c->deadline_us;
    case CHILD_READY:
        return c->beat_us + CHILD_BEAT_US;
    case CHILD_VACANT:
        break;
    }
    return INT64_MAX;
}
