/* serve.h -- a real worker on a port of its own, and a writer that only looks: it takes records out
 * of the ring, keeps copies for the test to read, and releases them. */
#ifndef QUERN_T_SERVE_H
#define QUERN_T_SERVE_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "proto/arena.h"
#include "proto/limits.h"
#include "proto/record.h"
#include "shm/world.h"
#include "t/lib/scratch.h"
#include "worker/worker.h"

#define SERVE_KEY "0123456789abcdef0123456789abcdef"      /* project 1 */
#define SERVE_KEY_TWO "11111111111111111111111111111111"  /* project 2 */
#define SERVE_KEY_SLOW "22222222222222222222222222222222" /* project 1, one event a minute */
#define SERVE_KEY_OFF "33333333333333333333333333333333"  /* project 1, disabled */
#define SERVE_KEY_PAGE "44444444444444444444444444444444" /* project 3, pages of a.example only */

struct serve_record {
    enum record_kind kind;
    struct text body;
};

struct serve {
    struct world world;
    struct worker_conf conf;
    pid_t pid;
    int port, stop_fd;
    uint64_t cursor;
    bool hold;          /* the writer does not release */
    struct arena arena; /* the records, and the answers */
    struct serve_record record[256];
    int records; /* since serve_forget */
};

static void serve_publish(struct world *w)
{
    struct registry_draft d;
    const struct {
        const char *key;
        uint32_t project, count;
        bool active;
    } keys[] = {{SERVE_KEY, 1, 0, true},
                {SERVE_KEY_TWO, 2, 0, true},
                {SERVE_KEY_SLOW, 1, 1, true},
                {SERVE_KEY_OFF, 1, 0, false},
                {SERVE_KEY_PAGE, 3, 0, true}};

    registry_draft_init(&d);
    for (uint32_t i = 1; i <= 3; i++) {
        struct reg_project *p = registry_draft_project(&d);

        *p = (struct reg_project){.id = i,
                                  .org = 1,
                                  .active = 1,
                                  .scrub_data = 1,
                                  .scrub_defaults = 1,
                                  .rules_version = 1};
        p->slug = registry_draft_text(&d, i == 1 ? "one" : i == 2 ? "two" : "page", i < 3 ? 3 : 4);
        if (i == 2) {
            p->filters = REG_FILTER_LOCALHOST;
            p->filter_errors = registry_draft_text(&d, "*ResizeObserver*", 16);
        }
        if (i == 3)
            p->allowed_domains = registry_draft_text(&d, "a.example", 9);
    }
    for (uint32_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct reg_key *k = registry_draft_key(&d);

        *k = (struct reg_key){.active = keys[i].active,
                              .project = keys[i].project,
                              .bucket = i,
                              .rate_count = keys[i].count,
                              .rate_window_s = keys[i].count ? 60 : 0};
        memcpy(k->public_key, keys[i].key, 33);
    }
    if (registry_publish(w->registry, &d) != 0)
        abort();
    registry_draft_free(&d);
}

static int serve_listen(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 512) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        abort();
    *port = ntohs(at.sin_port);
    return fd;
}

static int serve_listen_unix(const char *dir)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (strlen(dir) + sizeof "/quern.sock" > sizeof at.sun_path)
        abort();
    strcat(strcpy(at.sun_path, dir), "/quern.sock");
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 16) != 0)
        abort();
    return fd;
}

/* Start a worker in slot 0 and wait until it says that it serves. */
__attribute__((unused)) static void serve_start(struct serve *s)
{
    int channel[2];
    char ready;

    scratch();
    memset(s, 0, sizeof *s);
    arena_init(&s->arena, 1 << 30);
    if (world_open(scratch_path, NULL, &s->world) != 0 || world_slot(&s->world, 0) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0)
        abort();
    serve_publish(&s->world);
    s->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    s->conf = (struct worker_conf){.world = &s->world,
                                   .generation = 1,
                                   .durability_power = true,
                                   .base_url = "",
                                   .idle_timeout_s = 30,
                                   .body_max = BODY_MAX,
                                   .attachment_max = ITEM_ATTACHMENT_MAX,
                                   .channel = channel[1],
                                   .stop_signal_fd = s->stop_fd};
    s->conf.listeners[0].fd = serve_listen(&s->port);
    s->conf.listeners[1].fd = serve_listen_unix(scratch_path);
    s->conf.listeners[1].control = true;
    s->conf.listener_count = 2;
    fflush(stdout);
    if ((s->pid = fork()) == 0) {
        close(channel[0]);
        _exit(worker_main(&s->conf));
    }
    close(channel[1]);
    if (read(channel[0], &ready, 1) != 1 || ready != 'R')
        abort();
    atomic_store(&s->world.board->asleep, 1);
}

/* The worker drains and leaves; its exit status. */
__attribute__((unused)) static int serve_stop(struct serve *s)
{
    uint64_t one = 1;
    int status = -1;

    if (write(s->stop_fd, &one, sizeof one) != sizeof one || waitpid(s->pid, &status, 0) != s->pid)
        return -1;
    world_close(&s->world);
    arena_free(&s->arena);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What a writer does, without the database. */
static void serve_drain(struct serve *s)
{
    struct ring_record r;
    uint64_t rung;
    bool any = false;

    if (read(s->world.writer_bell, &rung, sizeof rung) == -1 && errno != EAGAIN)
        abort();
    while (!s->hold && ring_next(s->world.ring[0], &s->cursor, &r) == RING_OK) {
        if (s->records < 256)
            s->record[s->records++] =
                (struct serve_record){r.kind, {arena_dup(&s->arena, r.body, r.len), r.len}};
        any = true;
    }
    if (any) {
        ring_release(s->world.ring[0], s->cursor);
        world_ring_worker(&s->world, 0);
    }
}

__attribute__((unused)) static void serve_forget(struct serve *s)
{
    s->records = 0;
}

/* The n-th record of that kind; NULL: there are not so many. */
__attribute__((unused)) static const struct text *serve_find(const struct serve *s,
                                                             enum record_kind kind, int n)
{
    for (int i = 0; i < s->records; i++)
        if (s->record[i].kind == kind && n-- == 0)
            return &s->record[i].body;
    return NULL;
}

__attribute__((unused)) static int serve_count(const struct serve *s, enum record_kind kind)
{
    int n = 0;

    for (int i = 0; i < s->records; i++)
        n += s->record[i].kind == kind;
    return n;
}

/* Quantity of an outcome over all records. */
__attribute__((unused)) static uint32_t serve_outcome(const struct serve *s, enum outcome outcome,
                                                      const char *category, const char *reason)
{
    uint32_t sum = 0;

    for (int i = 0; i < s->records; i++) {
        struct text body = s->record[i].body;
        struct record_outcome o;

        while (s->record[i].kind == RECORD_OUTCOMES && record_outcome_next(&body, &o))
            if (o.outcome == outcome && text_is(o.category, category) &&
                (!reason || text_is(o.reason, reason)))
                sum += o.quantity;
    }
    return sum;
}

/* ---- a client ---- */

struct http {
    int status; /* 0: the connection broke, or 10 s passed */
    struct text head, body;
};

static int64_t serve_ticks(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int serve_connect(const struct serve *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_port = htons((uint16_t)s->port);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
        abort();
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* Whole answer in [at, at + len)? */
static bool http_whole(const char *at, size_t len, struct http *out)
{
    const char *end = memmem(at, len, "\r\n\r\n", 4), *line;
    size_t body = 0;

    if (!end)
        return false;
    out->head = (struct text){at, (size_t)(end - at)};
    if ((line = strcasestr(at, "\r\ncontent-length:")) != NULL && line < end)
        body = strtoul(line + 17, NULL, 10);
    end += 4;
    if ((size_t)(at + len - end) < body)
        return false;
    out->body = (struct text){end, body};
    out->status = atoi(at + 9);
    return true;
}

/* Send bytes as they are, and serve as writer until the answer is there. "100 Continue" is stepped
 * over. */
__attribute__((unused)) static struct http serve_raw(struct serve *s, int fd, struct text request)
{
    size_t room = 1 << 20, len = 0, sent = 0;
    char *in = arena_alloc(&s->arena, room + 1);
    int64_t until = serve_ticks() + 10000;
    struct http out = {0};

    while (serve_ticks() < until) {
        struct pollfd p[2] = {{.fd = fd, .events = sent < request.len ? POLLIN | POLLOUT : POLLIN},
                              {.fd = s->world.writer_bell, .events = POLLIN}};
        ssize_t n;

        poll(p, 2, 100);
        serve_drain(s);
        if (sent < request.len &&
            (n = send(fd, request.at + sent, request.len - sent, MSG_NOSIGNAL)) > 0)
            sent += (size_t)n;
        n = recv(fd, in + len, room - len, 0);
        if (n > 0)
            len += (size_t)n;
        in[len] = '\0';
        while (http_whole(in, len, &out) && out.status == 100) {
            len -= out.head.len + 4;
            memmove(in, in + out.head.len + 4, len);
            out = (struct http){0};
        }
        if (out.status || n == 0 || (n == -1 && errno != EAGAIN))
            break;
    }
    return out;
}

/* One request on a connection of its own; `headers` are whole lines, "A: b\r\n…". */
__attribute__((unused)) static struct http serve_ask(struct serve *s, const char *method,
                                                     const char *path, const char *headers,
                                                     struct text body)
{
    struct text head = arena_printf(&s->arena,
                                    "%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                                    "Content-Length: %zu\r\n%s\r\n",
                                    method, path, body.len, headers ? headers : "");
    char *all = arena_alloc(&s->arena, head.len + body.len);
    int fd = serve_connect(s);
    struct http out;

    memcpy(all, head.at, head.len);
    if (body.len)
        memcpy(all + head.len, body.at, body.len);
    out = serve_raw(s, fd, (struct text){all, head.len + body.len});
    close(fd);
    return out;
}

#define SERVE_AUTH "X-Sentry-Auth: Sentry sentry_key=" SERVE_KEY ", sentry_version=7\r\n"

__attribute__((unused)) static struct http serve_post(struct serve *s, const char *path,
                                                      struct text body)
{
    return serve_ask(s, "POST", path, SERVE_AUTH, body);
}

__attribute__((unused)) static bool http_has(const struct http *h, const char *header)
{
    return h->head.at && text_find_nocase(h->head, text_of(header)) != h->head.len;
}

#endif
