/* listen.c -- accepting and letting go. */
#include "worker/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/limits.h"
#include "shm/log.h"
#include "worker/context.h"

#define ACCEPT_BATCH 4
/* So many connections more than the least busy worker, and new ones are left to others. Measured:
 * 64 clients that come at once and stay were served by one worker of two for four fifths, since who
 * is awake accepts. */
#define ACCEPT_AHEAD 2
#define YIELD_MS 1
#define YIELDS_MAX 20 /* whoever should have come by then is stuck */
#define LINGER_S 2
#define LINGER_BYTES (64 * MIB) /* of a refused body that are read and thrown away */

struct listener {
    struct worker *w;
    h2o_socket_t *sock; /* NULL: closed */
    h2o_accept_ctx_t accept;
    bool paused;               /* until listen_resume */
    h2o_timeout_entry_t yield; /* linked: left to the others for a moment */
    int yields;                /* in a row */
};

/* ---- connections ---- */

static void count_connection(struct worker *w, int32_t by)
{
    w->connections += (uint32_t)by;
    atomic_store_explicit(&w->world->board->row[w->conf->slot].connections, w->connections,
                          memory_order_relaxed);
}

static void connection_closed(void *data)
{
    count_connection(data, -1);
}

/* Does another worker of our generation have clearly fewer connections? */
static bool is_ahead(const struct worker *w)
{
    uint32_t least = w->connections;

    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++) {
        const struct board_row *row = &w->world->board->row[slot];
        uint32_t has;

        if (atomic_load_explicit(&row->state, memory_order_relaxed) != BOARD_READY ||
            atomic_load_explicit(&row->generation, memory_order_relaxed) != w->conf->generation)
            continue;
        has = atomic_load_explicit(&row->connections, memory_order_relaxed);
        if (has < least)
            least = has;
    }
    return w->connections > least + ACCEPT_AHEAD;
}

/* A socket that stays readable would make the loop spin. */
static void pause_accepting(struct listener *l, const char *why)
{
    log_warn("listen.paused", "connections=%u reason=\"%s\"", l->w->connections, why);
    h2o_socket_read_stop(l->sock);
    l->paused = true;
}

static void on_accept(h2o_socket_t *sock, const char *err);

static void on_yielded(h2o_timeout_entry_t *entry)
{
    struct listener *l = H2O_STRUCT_FROM_MEMBER(struct listener, yield, entry);

    if (l->sock && !l->paused)
        h2o_socket_read_start(l->sock, on_accept);
}

/* Look away for a moment. */
static void yield_accepting(struct listener *l)
{
    h2o_socket_read_stop(l->sock);
    l->yields++;
    l->yield.cb = on_yielded;
    h2o_timeout_link(l->w->h2o.loop, &l->w->yield_timeout, &l->yield);
}

static void on_accept(h2o_socket_t *sock, const char *err)
{
    struct listener *l = sock->data;
    struct worker *w = l->w;

    for (int i = 0; !err && i < ACCEPT_BATCH; i++) {
        h2o_socket_t *got;

        if (w->connections >= CONNECTIONS_MAX) {
            pause_accepting(l, "connections");
            return;
        }
        if (l->yields < YIELDS_MAX && is_ahead(w)) {
            yield_accepting(l);
            return;
        }
        l->yields = 0;
        if (!(got = h2o_evloop_socket_accept(sock))) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                pause_accepting(l, strerror(errno));
            return; /* else another worker was faster */
        }
        count_connection(w, 1);
        got->on_close.cb = connection_closed;
        got->on_close.data = w;
        h2o_accept(&l->accept, got);
    }
}

void listen_resume(struct worker *w)
{
    for (uint32_t i = 0; i < w->conf->listener_count; i++) {
        struct listener *l = &w->listeners[i];

        if (l->paused && l->sock && !h2o_timeout_is_linked(&l->yield) &&
            w->connections < CONNECTIONS_MAX) {
            l->paused = false;
            h2o_socket_read_start(l->sock, on_accept);
        }
    }
}

/* ---- TLS ---- */

static SSL_CTX *tls_context(const struct worker_listener *conf, bool http2)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    char why[160];

    if (ctx && SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
        SSL_CTX_use_certificate_chain_file(ctx, conf->cert) == 1 &&
        SSL_CTX_use_PrivateKey_file(ctx, conf->key, SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_check_private_key(ctx) == 1) {
        /* Tickets would be sealed with a key of this worker's own and be no use to the others. */
        SSL_CTX_set_options(ctx,
                            SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
        if (http2)
            h2o_ssl_register_alpn_protocols(ctx, h2o_http2_alpn_protocols);
        return ctx;
    }
    ERR_error_string_n(ERR_peek_error(), why, sizeof why);
    log_error("listen.tls", "cert=%s reason=\"%s\"", conf->cert, why);
    ERR_clear_error();
    SSL_CTX_free(ctx);
    return NULL;
}

/* ---- opening, closing ---- */

int listen_open(struct worker *w)
{
    w->listeners =
        calloc(w->conf->listener_count ? w->conf->listener_count : 1, sizeof *w->listeners);
    if (!w->listeners)
        return -ENOMEM;
    h2o_timeout_init(w->h2o.loop, &w->yield_timeout, YIELD_MS);
    count_connection(w, 0); /* over what the slot's last worker left behind */
    for (uint32_t i = 0; i < w->conf->listener_count; i++) {
        const struct worker_listener *conf = &w->conf->listeners[i];
        struct listener *l = &w->listeners[i];

        l->w = w;
        l->accept.ctx = &w->h2o;
        l->accept.hosts = conf->control ? w->control_hosts : w->hosts;
        if (conf->cert && !(l->accept.ssl_ctx = tls_context(conf, w->conf->http2)))
            return -EINVAL;
        l->sock = h2o_evloop_socket_create(w->h2o.loop, conf->fd, H2O_SOCKET_FLAG_DONT_READ);
        l->sock->data = l;
        h2o_socket_read_start(l->sock, on_accept);
    }
    return 0;
}

void listen_close(struct worker *w)
{
    for (uint32_t i = 0; w->listeners && i < w->conf->listener_count; i++)
        if (w->listeners[i].sock) {
            h2o_timeout_unlink(&w->listeners[i].yield);
            h2o_socket_close(w->listeners[i].sock);
            w->listeners[i].sock = NULL;
        }
}

static int dismiss(h2o_req_t *req, void *count)
{
    h2o_socket_t *sock;

    if (req->version != 0) /* a request is under way */
        return 0;
    sock = req->conn->callbacks->get_socket(req->conn);
    /* Not close: a request that has arrived meanwhile is still read and answered; after it the
     * kernel reports the end of the stream, and h2o closes. */
    shutdown(h2o_socket_get_fd(sock), SHUT_RD);
    ++*(uint32_t *)count;
    return 0;
}

uint32_t listen_dismiss(struct worker *w)
{
    uint32_t count = 0;

    w->h2o_conf.http1.callbacks.foreach_request(&w->h2o, dismiss, &count);
    return count;
}

/* ---- lingering ---- */

struct farewell {
    struct worker *w;
    h2o_timeout_entry_t timer;
    h2o_socket_t *sock;
    int fd; /* a second descriptor of the connection, which keeps it open when h2o closes its own */
    int seconds;
    size_t seen;
};

static void farewell_free(struct farewell *l)
{
    if (l->sock) {
        h2o_timeout_unlink(&l->timer);
        h2o_socket_close(l->sock);
    } else {
        close(l->fd);
    }
    count_connection(l->w, -1);
    free(l);
}

static void on_linger_read(h2o_socket_t *sock, const char *err)
{
    struct farewell *l = sock->data;

    l->seen += sock->input->size;
    h2o_buffer_consume(&sock->input, sock->input->size);
    if (err || l->seen > LINGER_BYTES)
        farewell_free(l);
}

static void on_linger_timeout(h2o_timeout_entry_t *entry)
{
    struct farewell *l = H2O_STRUCT_FROM_MEMBER(struct farewell, timer, entry);

    if (++l->seconds < LINGER_S)
        h2o_timeout_link(l->w->h2o.loop, &l->w->h2o.one_sec_timeout, &l->timer);
    else
        farewell_free(l);
}

static void linger_begin(void *data)
{
    struct farewell *l = data;

    if (l->w->draining || shutdown(l->fd, SHUT_WR) != 0) {
        farewell_free(l);
        return;
    }
    l->sock = h2o_evloop_socket_create(l->w->h2o.loop, l->fd, 0);
    l->sock->data = l;
    l->timer.cb = on_linger_timeout;
    h2o_timeout_link(l->w->h2o.loop, &l->w->h2o.one_sec_timeout, &l->timer);
    h2o_socket_read_start(l->sock, on_linger_read);
}

void listen_linger(struct worker *w, h2o_conn_t *conn)
{
    h2o_socket_t *sock = conn->callbacks->get_socket(conn);
    struct farewell *l;

    if (!sock || sock->ssl || sock->on_close.cb != connection_closed || !(l = calloc(1, sizeof *l)))
        return;
    l->w = w;
    if ((l->fd = fcntl(h2o_socket_get_fd(sock), F_DUPFD_CLOEXEC, 0)) == -1) {
        free(l);
        return;
    }
    sock->on_close.cb = linger_begin;
    sock->on_close.data = l;
}
