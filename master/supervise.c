/* supervise.c -- see supervise.h. */
#include "master/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "master/bootstrap.h"
#include "master/master.h"
#include "master/sig.h"
#include "master/systemd.h"
#include "shm/log.h"
#include "shm/self.h"

#define TICK_US 1000000LL
#define RELOAD_TRIES 3 /* deaths of one worker by signals: then its generation is given up */

/* ---- phases ---- */

static void enter(struct master *m, enum phase phase)
{
    m->phase = phase;
}

static void say_serving(struct master *m)
{
    char status[192];

    snprintf(status, sizeof(status), "serving %.100s, %u workers, generation %u", m->url,
             conf_workers(&m->conf), m->generation);
    systemd_ready(status);
    log_notice("serve.ready", "url=%s workers=%u generation=%u took_ms=%lld", m->url,
               conf_workers(&m->conf), m->generation,
               (long long)((world_ticks_us() - m->started_us) / 1000));
}

static void start_workers(struct master *m, int64_t now_us)
{
    enter(m, PHASE_WORKERS);
    if (!crew_start_workers(m, m->generation, conf_workers(&m->conf), now_us)) {
        log_error("workers.no_slots", "free=%u wanted=%u", crew_free_slots(m),
                  conf_workers(&m->conf));
        master_stop(m, EX_TEMPFAIL, now_us);
    }
}

static void workers_serve(struct master *m, int64_t now_us)
{
    if (m->takeover.ancestor_fd != -1) {
        enter(m, PHASE_SUCCESSION);
        takeover_tell_ancestor(m);
        return;
    }
    enter(m, PHASE_SERVING);
    crew_start(m, &m->notifier, now_us);
    say_serving(m);
    bootstrap_print(m->folder.path, m->url, m->first_start);
}

/* The older binary has left: what was its alone is ours now. */
static void succeed(struct master *m, int64_t now_us)
{
    start_take_chair(m);
    log_notice("takeover.done", "generation=%u", m->generation);
    crew_clear_board(m, false);
    enter(m, PHASE_SERVING);
    crew_start(m, &m->writer, now_us);
    crew_start(m, &m->notifier, now_us);
    say_serving(m);
    if (m->stop_wanted)
        master_stop(m, EXIT_SUCCESS, now_us);
}

void master_stop(struct master *m, int status, int64_t now_us)
{
    if (m->phase >= PHASE_STOP_WORKERS)
        return;
    if (m->phase == PHASE_SUCCESSION) {
        /* Records of the old and of our workers are in rings that nobody drains before our writer
         * runs: first it has to. */
        m->stop_wanted = true;
        return;
    }
    m->exit_status = status;
    if (!m->takeover.handed)
        systemd_stopping();
    log_notice("stop.begin", "status=%d handed=%d", status, m->takeover.handed);
    enter(m, PHASE_STOP_WORKERS);
    crew_retire(m, UINT32_MAX, true, now_us);
}

void master_resume(struct master *m, int64_t now_us)
{
    m->takeover.handed = false;
    if (m->phase < PHASE_STOP_WORKERS)
        return;
    systemd_main_pid(getpid());
    m->writer.retired = m->notifier.retired = false;
    if (m->writer.state == CHILD_VACANT)
        crew_start(m, &m->writer, now_us);
    if (m->notifier.state == CHILD_VACANT)
        crew_start(m, &m->notifier, now_us);
    m->generation = ++m->last_generation;
    enter(m, PHASE_SERVING);
    m->workers_due = true;
}

static void stop_now(struct master *m)
{
    log_notice("stop.now", "phase=%d", (int)m->phase);
    systemd_stopping();
    for (uint32_t i = 0; i < CREW_ROWS; i++) {
        struct child *c = crew_at(m, i);

        c->retired = true;
        if (child_alive(c)) {
            kill(c->pid, SIGKILL);
            waitpid(c->pid, NULL, 0);
        }
    }
    enter(m, PHASE_OVER);
}

static void stop_one(struct child *c, int64_t now_us)
{
    c->retired = true;
    child_stop(c, now_us);
}

/* Go on to whatever has become possible. */
static void advance(struct master *m, int64_t now_us)
{
    if (m->phase == PHASE_WRITER && m->writer.state == CHILD_READY)
        start_workers(m, now_us);
    if (m->phase == PHASE_WORKERS && crew_serves(m, m->generation))
        workers_serve(m, now_us);
    if (m->phase == PHASE_SERVING && m->workers_due)
        m->workers_due = !crew_start_workers(m, m->generation, conf_workers(&m->conf), now_us);
    if (m->phase == PHASE_SERVING)
        reload_advance(m, now_us);
    if (m->phase == PHASE_STOP_WORKERS && !crew_workers_alive(m)) {
        enter(m, PHASE_STOP_WRITER);
        stop_one(&m->writer, now_us);
    }
    if (m->phase == PHASE_STOP_WRITER && !child_alive(&m->writer)) {
        enter(m, PHASE_STOP_NOTIFIER);
        stop_one(&m->notifier, now_us);
    }
    if (m->phase == PHASE_STOP_NOTIFIER && !child_alive(&m->notifier))
        enter(m, PHASE_OVER);
}

/* ---- children ---- */

/* Before the first readiness a child that exits by itself has told why: trying again would change
 * nothing, and whoever started us wants to know. One that was killed is tried again. */
static bool start_has_failed(const struct master *m, const struct child *c, int status)
{
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 0 || c->was_ready)
        return false;
    return (m->phase == PHASE_WRITER && c->role == ROLE_WRITER) ||
           (m->phase == PHASE_WORKERS && c->role == ROLE_WORKER);
}

static void child_gone(struct master *m, struct child *c, int status, int64_t now_us)
{
    bool fatal = start_has_failed(m, c, status);
    bool reloading = m->reload.step == RELOAD_WORKERS && c->role == ROLE_WORKER &&
                     c->generation == m->reload.generation && !c->retired;
    bool has_told = WIFEXITED(status) && !c->was_ready;

    child_ended(c, &m->world, status, now_us);
    if (fatal) {
        log_error("start.failed", "child=%s status=%d", role_name(c->role), WEXITSTATUS(status));
        if (c->role == ROLE_WRITER)
            stop_one(c, now_us);
        master_stop(m, WEXITSTATUS(status), now_us);
    } else if (reloading && (has_told || c->failures >= RELOAD_TRIES)) {
        reload_failed(m, c, now_us);
    }
}

static void reap(struct master *m, int64_t now_us)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct child *c = crew_find(m, pid);

        if (c)
            child_gone(m, c, status, now_us);
        else if (pid == m->takeover.heir)
            takeover_heir_ended(m, status, now_us);
    }
}

/* Whether a child that rests may start again in this phase. */
static bool may_restart(const struct master *m, const struct child *c)
{
    if (c->role == ROLE_WORKER)
        return m->phase < PHASE_STOP_WORKERS;
    if (c->role == ROLE_WRITER) /* workers that drain wait for its commits */
        return m->phase < PHASE_STOP_WRITER;
    return m->phase == PHASE_SERVING;
}

static void tick(struct master *m, int64_t now_us)
{
    for (uint32_t i = 0; i < CREW_ROWS; i++) {
        struct child *c = crew_at(m, i);

        if (child_tick(c, &m->world, now_us) && may_restart(m, c))
            crew_start(m, c, now_us);
    }
    if (now_us - m->ticked_us < TICK_US)
        return;
    m->ticked_us = now_us;
    if (m->takeover.ancestor_fd == -1) {
        atomic_store_explicit(&m->world.board->row[BOARD_MASTER].beat_ms, world_now_ms(),
                              memory_order_relaxed);
        if (!m->takeover.heir)
            crew_clear_board(m, false);
    }
}

/* ---- the loop ---- */

static void on_signal(struct master *m, int signal, int64_t now_us)
{
    switch (signal) {
    case SIGCHLD:
        reap(m, now_us);
        break;
    case SIGHUP:
        reload_begin(m, now_us);
        break;
    case SIGUSR2:
        takeover_begin(m);
        break;
    case SIGINT:
    case SIGTERM:
        if (signal == SIGINT && m->phase >= PHASE_STOP_WORKERS)
            stop_now(m);
        else
            master_stop(m, EXIT_SUCCESS, now_us);
        break;
    case SIGQUIT:
        stop_now(m);
        break;
    }
}

static int poll_timeout(struct master *m, int64_t now_us)
{
    int64_t next = now_us + TICK_US;

    if (m->watchdog_us && now_us + m->watchdog_us / 2 < next)
        next = now_us + m->watchdog_us / 2;
    for (uint32_t i = 0; i < CREW_ROWS; i++) {
        const struct child *c = crew_at(m, i);

        if ((c->state != CHILD_RESTING || may_restart(m, c)) && child_next_us(c) < next)
            next = child_next_us(c);
    }
    return next <= now_us ? 0 : (int)((next - now_us + 999) / 1000);
}

/* Wait, then hear everybody who has something to say. */
static void turn(struct master *m)
{
    struct pollfd at[CREW_ROWS + 3];
    struct child *who[CREW_ROWS + 3];
    nfds_t n = 0;
    int64_t now_us;
    int signal;

    at[n++] = (struct pollfd){.fd = m->sig_fd, .events = POLLIN};
    at[n++] = (struct pollfd){.fd = m->takeover.heir_fd, .events = POLLIN};
    at[n++] = (struct pollfd){.fd = m->takeover.ancestor_fd, .events = POLLIN};
    for (uint32_t i = 0; i < CREW_ROWS; i++) {
        struct child *c = crew_at(m, i);

        if (c->channel == -1)
            continue;
        who[n] = c;
        at[n++] = (struct pollfd){.fd = c->channel, .events = POLLIN};
    }
    if (poll(at, n, poll_timeout(m, world_ticks_us())) == -1 && errno != EINTR)
        log_error("poll", "error=\"%s\"", strerror(errno));
    now_us = world_ticks_us();
    /* Channels before signals: a child that said 'R' and died is one that was ready. */
    for (nfds_t i = 3; i < n; i++)
        if (at[i].revents)
            child_heard(who[i], &m->world, now_us);
    if (at[1].revents)
        takeover_heard(m);
    if (at[2].revents && takeover_ancestor_gone(m) && m->phase == PHASE_SUCCESSION)
        succeed(m, now_us);
    while ((signal = sig_next(m->sig_fd)) != 0 && m->phase != PHASE_OVER)
        on_signal(m, signal, now_us);
    if (m->phase == PHASE_OVER)
        return;
    tick(m, now_us);
    advance(m, now_us);
    if (m->watchdog_us)
        systemd_watchdog();
}

/* ---- from start to end ---- */

static void close_all(struct master *m)
{
    bool leave_sockets = m->takeover.handed || m->takeover.ancestor_fd != -1;

    if (leave_sockets)
        listen_forget(&m->listen);
    else
        listen_release(&m->listen, NULL);
    if (m->world_open) {
        if (!leave_sockets)
            atomic_store_explicit(&m->world.board->row[BOARD_MASTER].state, BOARD_FREE,
                                  memory_order_relaxed);
        world_close(&m->world);
    }
    folder_unlock(&m->folder);
    if (m->sig_fd >= 0)
        close(m->sig_fd);
}

static int run(struct master *m)
{
    int64_t now_us = world_ticks_us();
    int rc = start_prepare(m);

    if (rc != 0)
        return rc;
    m->watchdog_us = (int64_t)systemd_watchdog_us();
    enter(m, m->takeover.ancestor_fd == -1 ? PHASE_WRITER : PHASE_WORKERS);
    if (m->phase == PHASE_WRITER)
        crew_start(m, &m->writer, now_us);
    else
        start_workers(m, now_us);
    while (m->phase != PHASE_OVER)
        turn(m);
    log_notice("stop.done", "status=%d", m->exit_status);
    return m->exit_status;
}

int supervise(const struct conf_args *args, char **argv)
{
    struct master *m = calloc(1, sizeof(*m));
    ssize_t len;
    int status;

    if (!m)
        return EX_OSERR;
    self_set(ROLE_MASTER, 0, 0);
    m->args = args;
    m->argv = argv;
    m->folder.lock_fd = -1;
    m->started_us = world_ticks_us();
    len = readlink("/proc/self/exe", m->program, sizeof(m->program) - 1);
    if (len <= 0)
        snprintf(m->program, sizeof(m->program), "%s", argv[0]);
    umask(077);
    m->sig_fd = sig_open();
    if (m->sig_fd < 0) {
        log_error("signals", "error=\"%s\"", strerror(-m->sig_fd));
        status = EX_OSERR;
    } else {
        log_notice("serve.start", "version=%s pid=%d", QUERN_VERSION, (int)getpid());
        status = run(m);
    }
    close_all(m);
    free(m);
    return status;
}
