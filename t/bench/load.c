/* load.c -- an open-loop load generator of error events, real-shaped and all distinct.
 *
 *   load --port N --key K [--project 1] [--size 3|13] [--issues 500] [--connections 64]
 *        [--seconds S | --count N] [--rate R] [--gzip] [--ids FILE] [--resend] [--seed N]
 *   load --print [--size 3|13]
 *
 * --print writes one envelope, as it would be sent, always the same, and no more.
 * With --rate, request n is due at start + n / R and its latency counts from then, however late it
 * left (no coordinated omission). Without, every connection sends as soon as it was answered.
 * --ids writes the ids of all events that were answered with 200, one per line. --resend sends an
 * event again, under the same id, when its connection broke before the answer (what SDKs with an
 * offline cache do), and goes on when the server is away for a while. TERM ends it early.
 * Prints one JSON object. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { SLOTS = 24, ISSUES_MAX_ = 5000, CONNECTIONS_MAX = 4096, LATENCIES_MAX = 20000000 };

/* One issue's event with holes: an id, times and variable values are written over fixed places. */
struct template
{
    char *body; /* the envelope */
    size_t len;
    size_t id_at[2];       /* 32 hex each */
    size_t time_at;        /* "1700000000.123456" */
    size_t hole_at[SLOTS]; /* 12 hex each */
    int holes;
};

struct conn {
    int fd;
    bool busy, connecting;
    char *out;
    size_t out_len, out_sent;
    char in[4096];
    size_t in_len;
    uint64_t id[2]; /* of the event under way */
    bool again;     /* the event under way was not answered: send it again */
    uint32_t issue;
    int64_t due_ns, retry_ns;
};

struct load {
    struct sockaddr_in to;
    const char *key;
    int project, size, issues, connections, seconds;
    double rate;
    long count;
    bool gzip, resend;
    FILE *ids;
    int epoll;
    struct template *templates;
    struct conn *conns;
    uint64_t rng;
    long sent, ok, limited, refused, other, broken;
    uint64_t bytes;
    uint32_t *latency_us;
    long latencies;
    int64_t start_ns, end_ns;
};

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static uint64_t next_random(struct load *l) /* splitmix64 */
{
    uint64_t z = l->rng += 0x9e3779b97f4a7c15ULL;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static void put_hex(char *at, uint64_t v, int digits)
{
    while (digits-- > 0) {
        at[digits] = "0123456789abcdef"[v & 15];
        v >>= 4;
    }
}

/* ---- making events ---- */

static const char *const modules[] = {"billing.invoice", "shop.cart",     "shop.checkout",
                                      "users.session",   "search.index",  "mail.queue",
                                      "stock.reserve",   "api.serialize", "core.pipeline"};
static const char *const types[] = {"ValueError",      "KeyError",          "TypeError",
                                    "TimeoutError",    "IntegrityError",    "ConnectionResetError",
                                    "PermissionError", "UnicodeDecodeError"};
static const char *const verbs[] = {"load",  "apply",  "resolve", "merge",
                                    "flush", "encode", "fetch"};

static void hole(struct template *t, FILE *f)
{
    fflush(f);
    t->hole_at[t->holes++] = t->len;
    fputs("000000000000", f);
}

static void frame(struct template *t, FILE *f, int issue, int n, bool rich)
{
    const char *module = modules[(issue + n) % 9];
    int line = 20 + (issue * 7 + n * 13) % 400;
    bool own = n % 3 != 1;

    fprintf(f,
            "%s{\"filename\":\"%s%d.py\",\"abs_path\":\"/srv/app/%s/"
            "%s%d.py\",\"function\":\"%s_%s_%d\","
            "\"module\":\"%s%d\",\"lineno\":%d,\"in_app\":%s",
            n ? "," : "", module, issue % 31, own ? "src" : "lib", module, issue % 31,
            verbs[(issue + n * 3) % 7], verbs[(issue / 7 + n) % 7], (issue + n) % 97, module,
            issue % 31, line, own ? "true" : "false");
    fprintf(f, ",\"context_line\":\"    result = self.%s(order_%d, retries=%d)\"",
            verbs[(issue + n) % 7], issue % 53, n);
    if (rich) {
        fputs(",\"pre_context\":[\"    def handle(self, request):\",\"        started = "
              "time.monotonic()\",\"        with self.lock:\",\"            for row in "
              "rows:\",\"\"],\"post_context\":[\"        if result is None:\",\"            raise "
              "LookupError(request)\",\"        return result\",\"\"]",
              f);
        if (t->holes < SLOTS - 5) {
            fputs(",\"vars\":{\"self\":\"<app.Handler object at 0x", f);
            hole(t, f);
            fprintf(f, ">\",\"attempt\":\"%d\",\"row\":\"{'id': '", n);
            hole(t, f);
            fputs("', 'state': 'open'}\"}", f);
        } else {
            fputs(",\"vars\":{\"attempt\":\"1\",\"state\":\"'open'\",\"limit\":\"250\"}", f);
        }
    }
    fputc('}', f);
}

static void make_template(struct load *l, struct template *t, int issue)
{
    char *payload;
    size_t head_len;
    struct template inner = {0};
    FILE *f = open_memstream(&inner.body, &inner.len);
    bool big = l->size > 3;
    int frames = big ? 20 : 8;

    fputs("{\"event_id\":\"", f);
    fflush(f);
    inner.id_at[1] = inner.len;
    fputs("00000000000000000000000000000000\",\"timestamp\":", f);
    fflush(f);
    inner.time_at = inner.len;
    fprintf(
        f,
        "1700000000.000000,\"platform\":\"python\",\"level\":\"error\",\"logger\":\"app.%s\","
        "\"transaction\":\"/%s/{id}\",\"release\":\"shop@2.%d.0\",\"environment\":\"%s\","
        "\"server_name\":\"web-%d\",\"exception\":{\"values\":[{\"type\":\"%s\",\"value\":\"cannot "
        "%s order ",
        modules[issue % 9], verbs[issue % 7], issue % 5, issue % 4 ? "production" : "staging",
        issue % 8, types[issue % 8], verbs[(issue / 3) % 7]);
    hole(&inner, f);
    fputs("\",\"module\":\"builtins\",\"mechanism\":{\"type\":\"logging\",\"handled\":true},"
          "\"stacktrace\":{\"frames\":[",
          f);
    for (int n = 0; n < frames; n++)
        frame(&inner, f, issue, n, big);
    fputs("]}}]},\"request\":{\"url\":\"https://shop.example/orders/", f);
    hole(&inner, f);
    fputs("\",\"method\":\"POST\",\"headers\":{\"Host\":\"shop.example\",\"User-Agent\":\"Mozilla/"
          "5.0 "
          "(X11; Linux x86_64)\",\"Content-Type\":\"application/json\"}},\"user\":{\"id\":\"",
          f);
    fprintf(f,
            "%d\"},\"tags\":{\"region\":\"eu-%d\",\"queue\":\"q%d\"},\"breadcrumbs\":{\"values\":[",
            issue % 50, issue % 3, issue % 6);
    for (int n = 0; n < (big ? 12 : 2); n++)
        fprintf(f,
                "%s{\"timestamp\":1700000000.%06d,\"category\":\"query\",\"level\":\"info\","
                "\"message\":\"SELECT * FROM orders WHERE state = %d LIMIT 50\"}",
                n ? "," : "", n * 1000, n);
    fputs("]},\"contexts\":{\"runtime\":{\"name\":\"CPython\",\"version\":\"3.11.7\"},\"trace\":{"
          "\"trace_"
          "id\":\"",
          f);
    hole(&inner, f);
    fputs("abcdefabcdefabcdef12\",\"span_id\":\"", f);
    hole(&inner, f);
    fputs("abcd\"}},\"sdk\":{\"name\":\"sentry.python\",\"version\":\"2.40.0\"}}", f);
    fclose(f);
    payload = inner.body;

    f = open_memstream(&t->body, &t->len);
    fputs("{\"event_id\":\"", f);
    fflush(f);
    t->id_at[0] = t->len;
    fprintf(f, "00000000000000000000000000000000\"}\n{\"type\":\"event\",\"length\":%zu}\n",
            inner.len);
    fflush(f);
    head_len = t->len;
    fwrite(payload, 1, inner.len, f);
    fputc('\n', f);
    fclose(f);
    free(payload);
    t->id_at[1] = inner.id_at[1] + head_len;
    t->time_at = inner.time_at + head_len;
    t->holes = inner.holes;
    for (int i = 0; i < inner.holes; i++)
        t->hole_at[i] = inner.hole_at[i] + head_len;
}

static size_t deflate_into(char *out, size_t room, const char *in, size_t len)
{
    z_stream z = {0};

    deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    z.next_in = (Bytef *)(uintptr_t)in;
    z.avail_in = (uInt)len;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return room - z.avail_out;
}

static void fill(struct load *l, struct conn *c)
{
    struct template *t;
    struct timespec wall;
    char stamp[32];
    char *body;
    size_t len;

    if (!c->again) {
        c->id[0] = next_random(l);
        c->id[1] = next_random(l);
        c->issue = (uint32_t)(next_random(l) % (uint64_t)l->issues);
    }
    c->again = false;
    t = &l->templates[c->issue];
    body = t->body;
    clock_gettime(CLOCK_REALTIME, &wall);
    snprintf(stamp, sizeof stamp, "%010ld.%06ld", (long)wall.tv_sec % 10000000000L,
             wall.tv_nsec / 1000);
    for (int i = 0; i < 2; i++) {
        put_hex(body + t->id_at[i], c->id[0], 16);
        put_hex(body + t->id_at[i] + 16, c->id[1], 16);
    }
    memcpy(body + t->time_at, stamp, 17);
    for (int i = 0; i < t->holes; i++)
        put_hex(body + t->hole_at[i], next_random(l), 12);
    len = t->len;
    if (l->gzip) {
        static char packed[1 << 17];

        len = deflate_into(packed, sizeof packed, body, len);
        body = packed;
    }
    c->out_len =
        (size_t)sprintf(c->out,
                        "POST /api/%d/envelope/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                        "X-Sentry-Auth: Sentry sentry_key=%s, sentry_version=7, "
                        "sentry_client=sentry.python/2.40.0\r\n"
                        "Content-Type: application/x-sentry-envelope\r\n%s"
                        "Content-Length: %zu\r\n\r\n",
                        l->project, l->key, l->gzip ? "Content-Encoding: gzip\r\n" : "", len);
    memcpy(c->out + c->out_len, body, len);
    c->out_len += len;
    c->out_sent = 0;
    l->bytes += len;
}

/* ---- connections ---- */

static void watch(struct load *l, struct conn *c, uint32_t events, int op)
{
    struct epoll_event e = {.events = events, .data.ptr = c};

    epoll_ctl(l->epoll, op, c->fd, &e);
}

static void connect_to(struct load *l, struct conn *c)
{
    int on = 1;

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    c->in_len = 0;
    c->connecting = connect(c->fd, (struct sockaddr *)&l->to, sizeof l->to) != 0;
    if (c->connecting && errno != EINPROGRESS) {
        close(c->fd);
        c->fd = -1;
        c->retry_ns = now_ns() + 20000000;
        return;
    }
    watch(l, c, EPOLLIN | EPOLLOUT | EPOLLET, EPOLL_CTL_ADD);
}

static void lost(struct load *l, struct conn *c)
{
    close(c->fd);
    c->fd = -1;
    c->connecting = false;
    c->retry_ns = now_ns() + 20000000;
    if (c->busy) {
        c->busy = false;
        l->broken++;
        if (l->resend)
            c->again = true;
    }
}

static void push(struct load *l, struct conn *c)
{
    while (c->out_sent < c->out_len) {
        ssize_t n = send(c->fd, c->out + c->out_sent, c->out_len - c->out_sent, MSG_NOSIGNAL);

        if (n < 0) {
            if (errno != EAGAIN)
                lost(l, c);
            return;
        }
        c->out_sent += (size_t)n;
    }
}

static void start_request(struct load *l, struct conn *c, int64_t due_ns)
{
    fill(l, c);
    c->busy = true;
    c->due_ns = due_ns;
    l->sent++;
    push(l, c);
}

static void count_answer(struct load *l, struct conn *c, int status)
{
    if (l->latencies < LATENCIES_MAX)
        l->latency_us[l->latencies++] = (uint32_t)((now_ns() - c->due_ns) / 1000);
    if (status == 200) {
        l->ok++;
        if (l->ids)
            fprintf(l->ids, "%016lx%016lx\n", c->id[0], c->id[1]);
    } else if (status == 429) {
        l->limited++;
    } else if (status == 503) {
        l->refused++;
    } else {
        l->other++;
    }
    if (l->resend && status != 200 && status < 500)
        c->again = status == 429;
    else if (l->resend && status >= 500)
        c->again = true;
    c->busy = false;
}

/* True when an answer came in whole. */
static bool pull(struct load *l, struct conn *c)
{
    for (;;) {
        ssize_t n = recv(c->fd, c->in + c->in_len, sizeof c->in - 1 - c->in_len, 0);
        char *end, *length;
        size_t body;
        int status;

        if (n < 0 && errno == EAGAIN)
            return false;
        if (n <= 0) {
            lost(l, c);
            return false;
        }
        c->in_len += (size_t)n;
        c->in[c->in_len] = 0;
        end = strstr(c->in, "\r\n\r\n");
        if (!end)
            continue;
        length = strcasestr(c->in, "\r\ncontent-length:");
        body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
        if (c->in_len < (size_t)(end + 4 - c->in) + body)
            continue;
        status = atoi(c->in + 9);
        bool closing = strcasestr(c->in, "\r\nconnection: close") != NULL;
        c->in_len = 0;
        count_answer(l, c, status);
        if (closing)
            lost(l, c);
        return true;
    }
}

/* TERM: send nothing new, wait for the answers to what is under way, report. */
static volatile sig_atomic_t told_to_stop;

static void on_term(int signal)
{
    (void)signal;
    told_to_stop = 1;
}

static bool wants_more(const struct load *l, int64_t now)
{
    if (told_to_stop)
        return false;
    if (l->count)
        return l->ok + l->limited + l->refused + l->other < l->count ||
               (l->resend && l->ok < l->count);
    return now < l->end_ns;
}

static void run(struct load *l)
{
    struct epoll_event events[256];
    long due = 0;
    int idle_at = 0;

    l->start_ns = now_ns();
    l->end_ns = l->start_ns + l->seconds * 1000000000LL;
    for (int i = 0; i < l->connections; i++)
        connect_to(l, &l->conns[i]);
    for (;;) {
        int64_t now = now_ns();
        bool more = wants_more(l, now);

        if (told_to_stop && now < l->end_ns)
            l->end_ns = now;
        long open = 0;
        int wait_ms = 20;

        for (int i = 0; i < l->connections; i++) {
            struct conn *c = &l->conns[i];

            open += c->busy;
            if (c->fd == -1 && now >= c->retry_ns && (more || c->again))
                connect_to(l, c);
            if (l->rate == 0 && c->fd != -1 && !c->busy && !c->connecting &&
                ((more && (!l->count || l->ok + open < l->count)) || c->again)) {
                start_request(l, c, now);
                open++;
            }
        }
        if (l->rate > 0 && more) {
            long should = (long)((double)(now - l->start_ns) * l->rate / 1e9);

            for (int tries = 0; due < should && tries < l->connections; tries++) {
                struct conn *c = &l->conns[idle_at];

                idle_at = (idle_at + 1) % l->connections;
                if (c->fd == -1 || c->busy || c->connecting)
                    continue;
                start_request(l, c, l->start_ns + (int64_t)((double)due * 1e9 / l->rate));
                due++;
                open++;
            }
            wait_ms = 1;
        }
        if (!more && open == 0)
            break;
        if (!more && now > l->end_ns + 30000000000LL)
            break;
        int n = epoll_wait(l->epoll, events, 256, wait_ms);
        for (int i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;

            if (c->connecting && (events[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
                int err = 0;
                socklen_t len = sizeof err;

                getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
                c->connecting = false;
                if (err) {
                    lost(l, c);
                    continue;
                }
            }
            if (c->fd != -1 && c->busy && (events[i].events & EPOLLOUT))
                push(l, c);
            if (c->fd != -1 && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && pull(l, c) &&
                c->fd != -1 && l->rate == 0 && !l->count && now_ns() < l->end_ns)
                start_request(l, c, now_ns());
        }
    }
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void report(struct load *l)
{
    double s = (double)(now_ns() - l->start_ns) / 1e9;

    qsort(l->latency_us, (size_t)l->latencies, sizeof *l->latency_us, by_value);
#define AT(p) (l->latencies ? l->latency_us[(long)((double)(l->latencies - 1) * (p))] : 0)
    printf("{\"sent\":%ld,\"ok\":%ld,\"limited\":%ld,\"refused\":%ld,\"other\":%ld,\"broken\":%ld,"
           "\"seconds\":%.2f,\"rate\":%.0f,\"bytes\":%lu,\"event_bytes\":%zu,\"p50_us\":%u,"
           "\"p95_us\":%u,\"p99_us\":%u,\"max_us\":%u}\n",
           l->sent, l->ok, l->limited, l->refused, l->other, l->broken, s, (double)l->ok / s,
           l->bytes, l->templates[0].len, AT(0.5), AT(0.95), AT(0.99), AT(1.0));
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", 1, 0, 'p'},    {"key", 1, 0, 'k'},    {"project", 1, 0, 'P'},
        {"size", 1, 0, 's'},    {"issues", 1, 0, 'i'}, {"connections", 1, 0, 'c'},
        {"seconds", 1, 0, 't'}, {"count", 1, 0, 'n'},  {"rate", 1, 0, 'r'},
        {"gzip", 0, 0, 'z'},    {"ids", 1, 0, 'I'},    {"resend", 0, 0, 'R'},
        {"seed", 1, 0, 'S'},    {"print", 0, 0, 'o'},  {0}};
    struct load l = {.project = 1, .size = 3, .issues = 500, .connections = 64, .seconds = 5};
    int o, port = 0;
    bool print = false;

    l.rng = (uint64_t)now_ns() ^ ((uint64_t)getpid() << 40);
    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (o) {
        case 'p':
            port = atoi(optarg);
            break;
        case 'k':
            l.key = optarg;
            break;
        case 'P':
            l.project = atoi(optarg);
            break;
        case 's':
            l.size = atoi(optarg);
            break;
        case 'i':
            l.issues = atoi(optarg);
            break;
        case 'c':
            l.connections = atoi(optarg);
            break;
        case 't':
            l.seconds = atoi(optarg);
            break;
        case 'n':
            l.count = atol(optarg);
            break;
        case 'r':
            l.rate = atof(optarg);
            break;
        case 'z':
            l.gzip = true;
            break;
        case 'I':
            l.ids = fopen(optarg, "w");
            break;
        case 'R':
            l.resend = true;
            break;
        case 'S':
            l.rng = strtoull(optarg, NULL, 10);
            break;
        case 'o':
            print = true;
            break;
        default:
            return 64;
        }
    }
    if (print) {
        struct template t = {0};

        l.rng = 1;
        make_template(&l, &t, 0);
        memcpy(t.body + t.time_at, "1772359200.123456", 17);
        for (int i = 0; i < t.holes; i++)
            put_hex(t.body + t.hole_at[i], next_random(&l), 12);
        return fwrite(t.body, 1, t.len, stdout) != t.len;
    }
    if (!port || !l.key || l.issues < 1 || l.issues > ISSUES_MAX_ || l.connections < 1 ||
        l.connections > CONNECTIONS_MAX) {
        fprintf(stderr, "usage: load --port N --key K [options]; see the head of t/bench/load.c\n");
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, on_term);
    l.to = (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    l.epoll = epoll_create1(EPOLL_CLOEXEC);
    l.templates = calloc((size_t)l.issues, sizeof *l.templates);
    for (int i = 0; i < l.issues; i++)
        make_template(&l, &l.templates[i], i);
    l.conns = calloc((size_t)l.connections, sizeof *l.conns);
    for (int i = 0; i < l.connections; i++) {
        l.conns[i].fd = -1;
        l.conns[i].out = malloc(1 << 17);
    }
    l.latency_us = malloc(sizeof *l.latency_us * LATENCIES_MAX);
    run(&l);
    report(&l);
    if (l.ids)
        fclose(l.ids);
    return 0;
}
