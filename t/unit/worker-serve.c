/* worker-serve.c -- a worker as clients and the writer see it: when it answers, what it refuses,
 * how it leaves. */
#include "t/lib/tap.h"

#include "t/lib/serve.h"

static struct serve s;

static struct text event(const char *message)
{
    return arena_printf(&s.arena, "{\"message\":\"%s\"}", message);
}

static struct text request(const char *headers, struct text body)
{
    return arena_printf(&s.arena,
                        "POST /api/1/store/ HTTP/1.1\r\nHost: h\r\n" SERVE_AUTH
                        "Content-Length: %zu\r\n%s\r\n%.*s",
                        body.len, headers, TEXT_ARG(body));
}

/* Bytes that arrive within `ms`, while nobody is the writer. */
static ssize_t quiet_read(int fd, char *to, size_t room, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, ms) == 1 ? recv(fd, to, room, 0) : -1;
}

static void answers(void)
{
    struct http r = serve_post(&s, "/api/1/store/", event("hello"));
    struct record_event e;
    const struct text *body = serve_find(&s, RECORD_EVENT, 0);

    is_int(r.status, 200, "an event is answered with 200");
    ok(http_has(&r, "access-control-allow-origin: *"), "with CORS");
    ok(body && record_event_peek(*body, &e), "and its record is in the ring");
    is_int(e.project, 1, "under its project");
    ok(e.issue > 0 && e.hash_count > 0, "with an issue and hashes");
    is_text(e.title, "hello", "and a title");
    serve_forget(&s);

    r = serve_ask(&s, "POST", "/api/1/store/", NULL, event("x"));
    is_int(r.status, 401, "20: no key: 401");
    is_text(r.body, "{\"detail\":\"missing authorization information\"}", "20: with a reason");
    ok(http_has(&r, "x-sentry-error: missing authorization information"), "in a header too");
    r = serve_ask(&s, "GET", "/api/nothing/here", NULL, TEXT(""));
    is_int(r.status, 404, "an unknown path: 404");
    ok(http_has(&r, "access-control-allow-origin: *"), "with CORS as well");
    r = serve_ask(&s, "PUT", "/api/1/store/", SERVE_AUTH, event("x"));
    is_int(r.status, 405, "24: another method: 405");
    ok(http_has(&r, "allow: GET, POST, OPTIONS"), "24: and which are allowed");
    r = serve_ask(&s, "OPTIONS", "/api/1/store/", NULL, TEXT(""));
    ok(r.status == 200 && http_has(&r, "access-control-allow-headers: x-sentry-auth"),
       "26: preflight");
    is_int(serve_count(&s, RECORD_EVENT), 0, "none of them stored anything");
}

/* 200 means that the writer has let go of the record, not that it is in the ring. */
static void durability(void)
{
    int fd = serve_connect(&s), gone;
    struct text first = request("", event("first")), second = request("", event("second"));
    char in[4096];
    struct http r;

    s.hold = true;
    if (send(fd, first.at, first.len, 0) != (ssize_t)first.len)
        abort();
    is_int(quiet_read(fd, in, sizeof in, 300), -1, "no answer before the commit");
    /* A second request on the same connection, and a client that leaves, while they wait. */
    if (send(fd, second.at, second.len, 0) != (ssize_t)second.len)
        abort();
    gone = serve_connect(&s);
    if (send(gone, first.at, first.len, 0) != (ssize_t)first.len)
        abort();
    usleep(50000);
    close(gone);
    is_int(quiet_read(fd, in, sizeof in, 300), -1, "nor because more has come");
    s.hold = false;
    r = serve_raw(&s, fd, TEXT(""));
    is_int(r.status, 200, "the answer comes with the commit");
    r = serve_raw(&s, fd, TEXT(""));
    is_int(r.status, 200, "and the second request's after it");
    is_int(serve_count(&s, RECORD_EVENT), 3, "three events were stored");
    close(fd);
    serve_forget(&s);
}

static void full_ring(void)
{
    char *long_text = arena_alloc(&s.arena, 8001);
    int fds[1000], n = 0, refused = 0;
    struct text body, one;
    struct http r;
    char in[2048];

    memset(long_text, 'x', 8000);
    long_text[8000] = '\0';
    body = arena_printf(&s.arena, "{\"message\":\"m\",\"extra\":{\"a\":\"%s\",\"b\":\"%s\"}}",
                        long_text, long_text);
    one = request("", body);
    s.hold = true;
    while (n < 1000 && !refused) {
        fds[n] = serve_connect(&s);
        if (send(fds[n], one.at, one.len, 0) != (ssize_t)one.len)
            abort();
        if (quiet_read(fds[n], in, sizeof in, n < 200 ? 1 : 20) > 0) {
            refused++;
            ok(strncmp(in, "HTTP/1.1 429", 12) == 0, "a full ring: 429");
            ok(strcasestr(in, "retry-after: 1\r\n") != NULL, "and when to come back");
        }
        n++;
    }
    is_int(refused, 1, "the ring is full after %d requests", n);
    s.hold = false;
    r = serve_raw(&s, fds[0], TEXT(""));
    is_int(r.status, 200, "those that fitted are answered when the writer goes on");
    for (int i = 0; i < n; i++)
        close(fds[i]);
    serve_forget(&s);
    r = serve_post(&s, "/api/1/store/", event("after"));
    is_int(r.status, 200, "and there is room again");
    serve_forget(&s);
}

static void full_disk(void)
{
    struct http r;

    atomic_store(&s.world.board->disk_full, 1);
    r = serve_post(&s, "/api/1/store/", event("x"));
    is_int(r.status, 503, "a full disk: 503");
    is_text(r.body, "{\"detail\":\"storage is full\"}", "with the reason");
    ok(http_has(&r, "retry-after: 60"), "and when to come back");
    atomic_store(&s.world.board->disk_full, 0);
    is_int(serve_count(&s, RECORD_EVENT), 0, "nothing was appended");
}

static void limits(void)
{
    const char *slow = "X-Sentry-Auth: Sentry sentry_key=" SERVE_KEY_SLOW "\r\n";
    struct http r = serve_ask(&s, "POST", "/api/1/store/", slow, event("one"));

    is_int(r.status, 200, "66: within the limit");
    r = serve_ask(&s, "POST", "/api/1/store/", slow, event("two"));
    is_int(r.status, 429, "66: over it");
    ok(http_has(&r, ":error;default;security:key:key_quota"), "66: X-Sentry-Rate-Limits");
    ok(http_has(&r, "retry-after: "), "66: Retry-After");
    ok(http_has(&r, "access-control-expose-headers: x-sentry-error, x-sentry-rate-limits"),
       "66: which a page may read");
    is_int(serve_count(&s, RECORD_EVENT), 1, "one was stored");
    serve_forget(&s);
    for (int i = 0; i < 30 && !serve_count(&s, RECORD_OUTCOMES); i++) {
        usleep(100000);
        serve_drain(&s);
    }
    is_int(serve_outcome(&s, OUTCOME_RATE_LIMITED, "error", "key_quota"), 1,
           "the refused one is counted within a second or two");
    serve_forget(&s);
}

static void http_edges(void)
{
    int fd = serve_connect(&s);
    size_t big = (21 << 20) + 200;
    char *all = arena_alloc(&s.arena, big);
    struct http r;
    int len;

    r = serve_raw(&s, fd,
                  TEXT("POST /api/1/store/ HTTP/1.1\r\nHost: h\r\n" SERVE_AUTH
                       "Transfer-Encoding: chunked\r\n\r\n"
                       "6\r\n{\"mess\r\nd\r\nage\":\"cut\"}  \r\n0\r\n\r\n"));
    is_int(r.status, 200, "32: a chunked body");
    r = serve_raw(&s, fd, request("Expect: 100-continue\r\n", event("expected")));
    is_int(r.status, 200, "32: Expect: 100-continue, on the same connection");
    close(fd);

    fd = serve_connect(&s);
    r = serve_raw(&s, fd,
                  TEXT("POST /api/1/store/ HTTP/1.1\r\nHost: h\r\n" SERVE_AUTH
                       "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n"));
    is_int(r.status, 400, "broken chunks: 400");
    is_text(r.body, "{\"detail\":\"invalid HTTP request\"}", "in our form");
    ok(http_has(&r, "access-control-allow-origin: *"), "with CORS");
    close(fd);

    fd = serve_connect(&s);
    memset(all, 'x', big);
    len = snprintf(all, 200,
                   "POST /api/1/store/ HTTP/1.1\r\nHost: h\r\n" SERVE_AUTH
                   "Content-Length: %d\r\n\r\n",
                   21 << 20);
    all[len] = 'x';
    r = serve_raw(&s, fd, (struct text){all, (size_t)len + (21 << 20)});
    is_int(r.status, 413, "32: a body over the limit: 413 before it is read");
    ok(http_has(&r, "access-control-allow-origin: *") && http_has(&r, "application/json"),
       "32: in our form, and the connection ends without a reset");
    close(fd);
    serve_forget(&s);
}

/* A client in the middle of a conversation moves over without losing a request. */
static void leaves(void)
{
    int busy = serve_connect(&s), idle = serve_connect(&s), late;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    uint64_t one = 1;
    struct http r;
    char byte;
    int status;

    r = serve_raw(&s, busy, request("", event("before")));
    is_int(r.status, 200, "a request before the drain");
    ok(!http_has(&r, "connection: close"), "keeps its connection");
    r = serve_raw(&s, idle, request("", event("before")));
    is_int(r.status, 200, "and another client's");
    if (write(s.stop_fd, &one, sizeof one) != sizeof one)
        abort();
    for (int i = 0; i < 50 && atomic_load(&s.world.board->row[0].state) != BOARD_DRAINING; i++)
        usleep(10000);
    is_int(atomic_load(&s.world.board->row[0].state), BOARD_DRAINING, "the worker says it drains");
    r = serve_raw(&s, busy, request("", event("during")));
    is_int(r.status, 200, "a request on an old connection is still served");
    ok(http_has(&r, "connection: close"), "and told to move over");
    /* The listening socket is the parent's too, so it accepts connections still; nobody serves
     * them. */
    late = socket(AF_INET, SOCK_STREAM, 0);
    at.sin_port = htons((uint16_t)s.port);
    ok(connect(late, (struct sockaddr *)&at, sizeof at) == 0, "the socket goes on listening");
    is_int(recv(idle, &byte, 1, 0) <= 0, 1, "an idle connection is closed after a while");
    is_int(waitpid(s.pid, &status, 0), s.pid, "the worker leaves");
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "with status 0");
    close(busy);
    close(idle);
    close(late);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    alarm(120);
    serve_start(&s);
    answers();
    durability();
    full_ring();
    full_disk();
    limits();
    http_edges();
    leaves();
    world_close(&s.world);
    arena_free(&s.arena);
    return done_testing();
}
