/* proto-spans.c -- a load generator of OTLP batches over HTTP, real-shaped and all distinct.
 *
 *   proto-spans --port N --key K [--spans N] [--batch 512] [--connections 8]
 *
 * All bodies are made before the clock runs; each connection takes the next one, sends it, waits for
 * the answer. Prints one JSON object; `ok` counts the spans of batches that were answered with 200. */
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "t/lib/span_make.h"

enum { CONNECTIONS_MAX = 256, SPANS_PER_TRACE = 8 };

struct flood {
    struct sockaddr_in to;
    const char *key;
    struct text *bodies;
    uint32_t count, batch, connections;
    _Atomic uint32_t next;
    _Atomic uint64_t ok, refused, broken;
    uint32_t *latency_us; /* one per body */
};

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int dial(const struct flood *f)
{
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (const struct sockaddr *)&f->to, sizeof f->to) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool send_all(int fd, const char *at, size_t len)
{
    while (len) {
        ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

/* The status of a whole answer; 0: the connection broke. Answers are small and come alone. */
static int answer(int fd)
{
    char in[4096];
    size_t len = 0;

    while (len < sizeof in - 1) {
        ssize_t n = recv(fd, in + len, sizeof in - 1 - len, 0);
        const char *length, *end;

        if (n <= 0)
            return 0;
        len += (size_t)n;
        in[len] = '\0';
        if (!(end = strstr(in, "\r\n\r\n")))
            continue;
        length = strcasestr(in, "\r\ncontent-length:");
        if (len >= (size_t)(end + 4 - in) + (length ? strtoul(length + 17, NULL, 10) : 0))
            return atoi(in + 9);
    }
    return 0;
}

static bool send_one(struct flood *f, int fd, uint32_t i)
{
    struct text body = f->bodies[i];
    int64_t began = now_ns();
    char head[512];
    int status, len = snprintf(head, sizeof head,
                               "POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                               "application/x-protobuf\r\nX-Sentry-Auth: Sentry sentry_key=%s\r\n"
                               "Content-Length: %zu\r\n\r\n",
                               f->key, body.len);

    if (!send_all(fd, head, (size_t)len) || !send_all(fd, body.at, body.len) ||
        !(status = answer(fd))) {
        atomic_fetch_add(&f->broken, f->batch);
        return false;
    }
    f->latency_us[i] = (uint32_t)((now_ns() - began) / 1000);
    atomic_fetch_add(status == 200 ? &f->ok : &f->refused, f->batch);
    return true;
}

static void *client(void *own)
{
    struct flood *f = own;
    int fd = -1;
    uint32_t i;

    while ((i = atomic_fetch_add(&f->next, 1)) < f->count) {
        if (fd == -1 && (fd = dial(f)) == -1)
            atomic_fetch_add(&f->broken, f->batch);
        else if (!send_one(f, fd, i)) {
            close(fd);
            fd = -1;
        }
    }
    if (fd != -1)
        close(fd);
    return NULL;
}

static void make_bodies(struct flood *f, struct arena *a)
{
    struct timespec wall;
    struct span_maker maker = {.services = 6};

    clock_gettime(CLOCK_REALTIME, &wall);
    maker.seed = (uint64_t)wall.tv_nsec << 20 ^ (uint64_t)getpid();
    maker.now_ns = (uint64_t)(wall.tv_sec - 60) * 1000000000ULL;
    f->bodies = calloc(f->count, sizeof *f->bodies);
    f->latency_us = calloc(f->count, sizeof *f->latency_us);
    for (uint32_t i = 0; i < f->count; i++)
        f->bodies[i] = maker_batch(&maker, f->batch / SPANS_PER_TRACE, a);
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void run(struct flood *f)
{
    pthread_t threads[CONNECTIONS_MAX];
    int64_t began = now_ns();
    double s;

    for (uint32_t i = 0; i < f->connections; i++)
        pthread_create(&threads[i], NULL, client, f);
    for (uint32_t i = 0; i < f->connections; i++)
        pthread_join(threads[i], NULL);
    s = (double)(now_ns() - began) / 1e9;
    qsort(f->latency_us, f->count, sizeof *f->latency_us, by_value);
    printf("{\"ok\":%llu,\"refused\":%llu,\"broken\":%llu,\"seconds\":%.2f,\"rate\":%.0f,"
           "\"bytes_per_span\":%.1f,\"p50_us\":%u,\"p99_us\":%u}\n",
           (unsigned long long)f->ok, (unsigned long long)f->refused, (unsigned long long)f->broken,
           s, (double)f->ok / s, (double)f->bodies[0].len / (double)f->batch,
           f->latency_us[f->count / 2], f->latency_us[(uint64_t)f->count * 99 / 100]);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"port", 1, 0, 'p'},        {"key", 1, 0, 'k'},
                                            {"spans", 1, 0, 'n'},       {"batch", 1, 0, 'b'},
                                            {"connections", 1, 0, 'c'}, {0}};
    static struct flood f = {.batch = 512, .connections = 8};
    static struct arena a;
    long spans = 500000;
    int o, port = 0;

    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (o == 'p')
            port = atoi(optarg);
        else if (o == 'k')
            f.key = optarg;
        else if (o == 'n')
            spans = atol(optarg);
        else if (o == 'b')
            f.batch = (uint32_t)atoi(optarg) / SPANS_PER_TRACE * SPANS_PER_TRACE;
        else if (o == 'c')
            f.connections = (uint32_t)atoi(optarg);
        else
            return 64;
    }
    if (!port || !f.key || !f.batch || !f.connections || f.connections > CONNECTIONS_MAX) {
        fprintf(stderr,
                "usage: proto-spans --port N --key K; see the head of t/bench/proto-spans.c\n");
        return 64;
    }
    f.to = (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    f.count = (uint32_t)(spans / f.batch);
    arena_init(&a, SIZE_MAX / 2);
    make_bodies(&f, &a);
    run(&f);
    return 0;
}
