/* worker.c -- the door of a worker: one event loop, from the first connection to the last. */
#include "worker/worker.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/limits.h"
#include "proto/record_log.h"
#include "proto/record_span.h"
#include "shm/log.h"
#include "shm/self.h"
#include "worker/api.h"
#include "worker/assets.h"
#include "worker/context.h"
#include "worker/guard.h"
#include "worker/intake.h"
#include "worker/keeper.h"
#include "worker/listen.h"
#include "worker/outcome.h"
#include "worker/query.h"
#include "worker/reply.h"
#include "worker/settings.h"
#include "worker/wait.h"

/* While draining: idle connections are let go after this, since a client may be about to use them …
 */
#define DRAIN_IDLE_US INT64_C(3000000)
/* … and whatever is still open after this is left behind. */
#define DRAIN_MAX_US INT64_C(60000000)
#define TURN_MS 1000 /* the loop looks up at least this often */

/* ---- small services ---- */

void worker_count(struct worker *w, enum counter which, uint64_t n)
{
    counter_add(w->world->counters, w->conf->slot, which, n);
}

const struct registry_view *worker_registry(struct worker *w)
{
    registry_refresh(w->world->registry, &w->registry);
    return &w->registry;
}

/* The handler's struct carries the worker, so that a request leads to it without a global. */
struct door {
    h2o_handler_t super;
    struct worker *w;
};

struct worker *worker_of(h2o_req_t *req)
{
    return H2O_STRUCT_FROM_MEMBER(struct worker, h2o, req->conn->ctx);
}

bool worker_peer_is_operator(h2o_req_t *req)
{
    struct worker *w = worker_of(req);
    struct ucred peer;
    socklen_t len = sizeof peer;
    h2o_socket_t *sock;

    if (req->conn->hosts != w->control_hosts || !req->conn->callbacks->get_socket ||
        !(sock = req->conn->callbacks->get_socket(req->conn)))
        return false;
    if (getsockopt(h2o_socket_get_fd(sock), SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return false;
    return peer.uid == 0 || peer.uid == geteuid();
}

/* ---- one request ---- */

static int on_request(h2o_handler_t *self, h2o_req_t *req)
{
    struct worker *w = ((struct door *)self)->w;

    if (intake_accept(w, req) == 0 || api_accept(w, req) == 0 || assets_accept(w, req) == 0)
        return 0;
    reply_error(req, 404, "not found", NULL);
    return 0;
}

/* ---- once a turn, once a second ---- */

static void flush_tally(struct worker *w)
{
    struct text body;

    arena_reset(&w->arena);
    body = outcome_tally_body(w->tally, &w->arena);
    if (body.len && worker_append(w, RECORD_OUTCOMES, body, NULL) == RING_OK)
        outcome_tally_clear(w->tally);
    arena_reset(&w->arena);
}

static struct board_row *row(struct worker *w)
{
    return &w->world->board->row[w->conf->slot];
}

/* With master and writer both gone there is nobody left to commit: who waits is told to come again,
 * and the next server, which waits for our leave, takes the records from the ring. */
static bool commits_may_come(struct worker *w)
{
    struct board_row *writer = &w->world->board->row[BOARD_WRITER];

    return !w->orphan || board_alive(atomic_load_explicit(&writer->pid, memory_order_relaxed));
}

static void on_tick(h2o_timeout_entry_t *entry)
{
    struct worker *w = H2O_STRUCT_FROM_MEMBER(struct worker, tick, entry);
    int64_t now_us = world_ticks_us();

    h2o_timeout_link(w->h2o.loop, &w->h2o.one_sec_timeout, &w->tick);
    atomic_store_explicit(&row(w)->beat_ms, world_now_ms(), memory_order_relaxed);
    flush_tally(w);
    wait_expire(w, commits_may_come(w) ? now_us : INT64_MAX);
    if (w->draining) {
        if (w->orphan || now_us - w->drain_since_us >= DRAIN_IDLE_US)
            listen_dismiss(w);
    } else {
        listen_resume(w);
    }
}

static void on_settle(h2o_timeout_entry_t *entry)
{
    wait_settle(H2O_STRUCT_FROM_MEMBER(struct worker, settle, entry));
}

/* A commit, or mail. */
static void on_bell(h2o_socket_t *sock, const char *err)
{
    struct worker *w = sock->data;
    uint64_t rung;

    while (read(h2o_socket_get_fd(sock), &rung, sizeof rung) == -1 && errno == EINTR)
        ;
    wait_settle(w);
    wait_mail(w);
}

static void ring_writer(struct worker *w)
{
    if (w->bell_due) {
        w->bell_due = false;
        world_ring_writer(w->world);
    }
}

/* ---- drain ---- */

static void begin_drain(struct worker *w, const char *why)
{
    if (w->draining)
        return;
    log_notice("worker.drain", "reason=%s connections=%u", why, w->connections);
    w->draining = true;
    w->drain_since_us = world_ticks_us();
    atomic_store_explicit(&row(w)->state, BOARD_DRAINING, memory_order_release);
    listen_close(w);
    /* From here on answers say "Connection: close", so that a busy client moves over to the new
     * generation by itself, without losing a request. */
    h2o_context_request_shutdown(&w->h2o);
}

/* TERM: leave the signal in its descriptor unread, nobody else waits for it. */
static void on_stop(h2o_socket_t *sock, const char *err)
{
    h2o_socket_read_stop(sock);
    begin_drain(sock->data, "signal");
}

/* Master says nothing on the channel; what can be read there is its end. */
static void on_channel(h2o_socket_t *sock, const char *err)
{
    struct worker *w = sock->data;
    char byte;
    ssize_t n;

    while ((n = read(h2o_socket_get_fd(sock), &byte, 1)) == -1 && errno == EINTR)
        ;
    if (n == 1 || (n == -1 && errno == EAGAIN))
        return;
    h2o_socket_read_stop(sock);
    w->orphan = true;
    begin_drain(w, "master-gone");
}

static bool drained(struct worker *w)
{
    if (!w->draining)
        return false;
    if (world_ticks_us() - w->drain_since_us > DRAIN_MAX_US) {
        log_warn("worker.drain_cut", "connections=%u", w->connections);
        return true;
    }
    return w->connections == 0 && wait_idle(w) && keeper_idle(w) && query_pending(w) == 0;
}

/* ---- start and end ---- */

static void configure(struct worker *w)
{
    const struct worker_conf *conf = w->conf;
    h2o_globalconf_t *h = &w->h2o_conf;
    h2o_hostconf_t *host;
    struct door *door;

    /* Bodies that outgrow memory would go to a file below /tmp; ours are bounded, and there may be
     * no such folder under systemd. */
    h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX;
    h2o_config_init(h);
    h->server_name = h2o_iovec_init(NULL, 0);
    h->max_request_entity_size = conf->body_max;
    h->http1.upgrade_to_http2 = conf->http2;
    h->http1.req_timeout = (uint64_t)conf->idle_timeout_s * 1000;
    h->http2.idle_timeout = (uint64_t)conf->idle_timeout_s * 1000;
    host = h2o_config_register_host(h, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    w->hosts[0] = w->control_hosts[0] = host;
    /* Everything goes by the fallback path: our own table (route.h) knows paths better. It is also
     * the path that h2o takes for requests it refuses by itself, which the guard dresses. */
    door = (struct door *)h2o_create_handler(&host->fallback_path, sizeof *door);
    door->super.on_req = on_request;
    door->w = w;
    guard_register(&host->fallback_path);
}

static void watch(struct worker *w, int fd, h2o_socket_cb cb)
{
    h2o_socket_t *sock;

    if (fd < 0)
        return;
    sock = h2o_evloop_socket_create(w->h2o.loop, fd, H2O_SOCKET_FLAG_DONT_READ);
    sock->data = w;
    h2o_socket_read_start(sock, cb);
}

static int open_all(struct worker *w)
{
    int rc;

    w->ring = w->world->ring[w->conf->slot];
    w->mailbox = w->world->mailbox[w->conf->slot];
    if (!w->ring || !w->mailbox) {
        if ((rc = world_slot(w->world, w->conf->slot)) != 0) {
            log_error("worker.slot", "slot=%u reason=\"%s\"", w->conf->slot, strerror(-rc));
            return EX_IOERR;
        }
        w->ring = w->world->ring[w->conf->slot];
        w->mailbox = w->world->mailbox[w->conf->slot];
    }
    mailbox_clear(w->mailbox); /* answers to whoever was here before */
    /* A late answer to an earlier worker in this slot must not look like one of ours. */
    w->next_command = (uint64_t)world_now_us();
    arena_init(&w->arena, REQUEST_ARENA_MAX);
    arena_init(&w->command_arena, 2 * COMMAND_MAX);
    if (!(w->tally = outcome_tally_new()) || !(w->settings = settings_new()))
        return EX_OSERR;
    configure(w);
    h2o_context_init(&w->h2o, h2o_evloop_create(), &w->h2o_conf);
    if ((rc = keeper_start(w)) != 0 || (rc = query_start(w)) != 0) {
        log_error("worker.start", "reason=\"%s\"", strerror(-rc));
        return EX_OSERR;
    }
    return listen_open(w) == 0 ? 0 : EX_CONFIG;
}

static void close_all(struct worker *w)
{
    listen_close(w);
    if (w->query)
        query_stop(w);
    keeper_stop(w);
    settings_free(w->settings);
    outcome_tally_free(w->tally);
    span_packer_free(w->span_packer);
    log_packer_free(w->log_packer);
    registry_view_free(&w->registry);
    arena_free(&w->arena);
    inflate_buf_free(&w->inflate);
    inflate_buf_free(&w->inflate_inner);
    arena_free(&w->command_arena);
    /* h2o's memory goes with the process: connections may still point into it. */
}

static void serve(struct worker *w)
{
    watch(w, w->world->worker_bell[w->conf->slot], on_bell);
    watch(w, w->conf->stop_signal_fd, on_stop);
    watch(w, w->conf->channel, on_channel);
    w->tick.cb = on_tick;
    w->settle.cb = on_settle;
    h2o_timeout_link(w->h2o.loop, &w->h2o.one_sec_timeout, &w->tick);
    atomic_store_explicit(&row(w)->beat_ms, world_now_ms(), memory_order_relaxed);
    atomic_store_explicit(&row(w)->state, BOARD_READY, memory_order_release);
    if (w->conf->channel >= 0 && send(w->conf->channel, "R", 1, MSG_NOSIGNAL) != 1)
        log_warn("worker.channel", "reason=\"%s\"", strerror(errno));
    while (!drained(w)) {
        if (h2o_evloop_run(w->h2o.loop, TURN_MS) != 0 && errno != EINTR) {
            log_error("worker.loop", "reason=\"%s\"", strerror(errno));
            break;
        }
        ring_writer(w);
        /* A commit may be seen here before its bell is heard. Answering is left to a callback of
         * the loop: what is sent from outside of it costs two more epoll_ctl calls per answer. */
        if (wait_due(w) && !h2o_timeout_is_linked(&w->settle))
            h2o_timeout_link(w->h2o.loop, &w->h2o.zero_timeout, &w->settle);
    }
    flush_tally(w);
    ring_writer(w);
}

int worker_main(const struct worker_conf *conf)
{
    static struct worker w; /* one per process; large, and found from within it by its members */
    int rc;

    self_set(ROLE_WORKER, conf->slot, conf->generation);
    /* Else glibc moves the thresholds up with each large body, and after one bomb keeps 64 MiB. */
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 8 << 20);
    signal(SIGPIPE, SIG_IGN);
    w = (struct worker){.conf = conf, .world = conf->world};
    rc = open_all(&w);
    if (rc == 0) {
        log_notice("worker.ready", "pid=%d listeners=%u", getpid(), conf->listener_count);
        serve(&w);
        log_notice("worker.gone", "connections=%u", w.connections);
    }
    close_all(&w);
    return rc;
}
