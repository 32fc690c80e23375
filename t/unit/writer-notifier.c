/* The notifier: a new issue and a regression are posted to the project's addresses, again when the
 * receiver fails; the writer never waits for it. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

#include "t/lib/writer_kit.h"
#include "writer/notifier.h"

struct receiver { /* an HTTP server that remembers what was posted */
    int fd, port;
    pid_t pid;
    int pipe;
};

/* Read one request, answer with `status`; its body goes into the pipe, a line each. */
static void serve_one(int client, int status, int out)
{
    static char request[65536];
    size_t have = 0, want = 0;
    char answer[128], *body = NULL, *length;
    ssize_t n;

    while (have < sizeof(request) - 1 &&
           (n = read(client, request + have, sizeof(request) - 1 - have)) > 0) {
        have += (size_t)n;
        request[have] = 0;
        if (!body && (body = strstr(request, "\r\n\r\n"))) {
            body += 4;
            length = strcasestr(request, "Content-Length:");
            want = length ? strtoul(length + 15, NULL, 10) : 0;
        }
        if (body && have - (size_t)(body - request) >= want)
            break;
    }
    if (body && strstr(request, "POST /hook ") &&
        strcasestr(request, "Content-Type: application/json")) {
        dprintf(out, "%.*s\n", (int)want, body);
        n = snprintf(answer, sizeof(answer),
                     "HTTP/1.1 %d X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);
        if (write(client, answer, (size_t)n) != n)
            status = 0;
    }
    close(client);
}

static void receiver_start(struct receiver *r, int failures)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int ends[2];

    r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(r->fd, (struct sockaddr *)&at, sizeof(at)) || listen(r->fd, 16) || pipe(ends))
        exit(1);
    getsockname(r->fd, (struct sockaddr *)&at, &len);
    r->port = ntohs(at.sin_port);
    fflush(stdout);
    if ((r->pid = fork()) == 0) {
        for (;; failures--) {
            int client = accept(r->fd, NULL, NULL);

            if (client >= 0)
                serve_one(client, failures > 0 ? 500 : 200, ends[1]);
        }
    }
    close(ends[1]);
    r->pipe = ends[0];
}

/* The next body that was posted; "" when none comes. */
static const char *next_post(struct receiver *r, int seconds)
{
    static char line[8192];
    struct pollfd p = {.fd = r->pipe, .events = POLLIN};
    size_t n = 0;

    while (n < sizeof(line) - 1 && poll(&p, 1, seconds * 1000) == 1 &&
           read(r->pipe, line + n, 1) == 1 && line[n] != '\n')
        n++;
    line[n] = 0;
    return line;
}

static pid_t notifier_start(struct kit *k, int *channel, int *stop)
{
    int pair[2];
    pid_t pid;
    char byte;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return -1;
    *stop = eventfd(0, EFD_CLOEXEC);
    fflush(stdout);
    if ((pid = fork()) == 0) {
        struct notifier_conf conf = {
            .world = &k->world, .channel = pair[1], .stop_signal_fd = *stop};

        close(pair[0]);
        self_set(ROLE_NOTIFIER, 0, 1);
        _exit(notifier_main(&conf));
    }
    close(pair[1]);
    *channel = pair[0];
    ok(read(*channel, &byte, 1) == 1 && byte == 'R', "a notifier");
    return pid;
}

/* A socket that takes connections and says nothing, or (closed) a port where nobody is. */
static int listening(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1 || bind(fd, (struct sockaddr *)&at, len) || listen(fd, 8) ||
        getsockname(fd, (struct sockaddr *)&at, &len))
        bail_out("no socket: %s", strerror(errno));
    *port = ntohs(at.sin_port);
    return fd;
}

/* Told to leave while one receiver keeps it waiting and another is to be tried again. */
static void test_leaving(void)
{
    struct kit k;
    struct record_event e = kit_event(1, 0x21);
    int silent, nobody, channel = -1, stop = -1, status;
    int fd = listening(&silent), closed = listening(&nobody);
    struct rusage used = {0};
    uint64_t one = 1;
    char args[256];
    pid_t notifier;

    close(closed);
    kit_open(&k, "/tmp");
    ok(kit_start(&k), "a writer");
    snprintf(args, sizeof(args),
             "{\"id\":1,\"webhooks\":[\"http://127.0.0.1:%d/\",\"http://127.0.0.1:%d/\"]}", silent,
             nobody);
    kit_command(&k, "project.update", args, NULL);
    notifier = notifier_start(&k, &channel, &stop);
    kit_put_event(&k, 0, &e);
    kit_counted(&k);
    ok(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 10000 * slow()) == 1,
       "a receiver is called, and says nothing");
    if (write(stop, &one, sizeof(one)) != sizeof(one))
        bail_out("no stop");
    wait4(notifier, &status, 0, &used);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it waits a few seconds, and leaves");
    ok(used.ru_utime.tv_sec + used.ru_stime.tv_sec < 1, "without turning in circles");
    close(fd);
    close(channel);
    close(stop);
    is_int(kit_stop(&k), 0, "stop");
    kit_close(&k);
}

int main(void)
{
    struct receiver r;
    struct record_event e;
    struct kit k;
    struct text answer;
    char args[256];
    uint64_t one = 1;
    int channel = -1, stop = -1, status;
    pid_t notifier;

    kit_open(&k, "/tmp");
    ok(kit_start(&k), "a writer");
    receiver_start(&r, 1);
    snprintf(args, sizeof(args), "{\"id\":1,\"webhooks\":[\"http://127.0.0.1:%d/hook\"]}", r.port);
    is_int(kit_command(&k, "project.update", args, &answer), 200, "a project names an address");
    is_int(kit_command(&k, "project.update", "{\"id\":1,\"webhooks\":[\"file:///etc/passwd\"]}",
                       &answer),
           400, "no other kind of address");
    notifier = notifier_start(&k, &channel, &stop);

    e = kit_event(1, 0x21);
    e.release = TEXT("app@1.0");
    kit_put_event(&k, 0, &e);
    kit_counted(&k);
    ok(strstr(next_post(&r, 5), "\"action\":\"created\""),
       "a new issue is posted; the receiver fails");
    {
        const char *body = next_post(&r, 5);

        ok(strstr(body, "\"action\":\"created\",\"project\":\"default\"") &&
               strstr(body, "\"shortId\":\"DEFAULT-1\"") &&
               strstr(body, "\"title\":\"ValueError: no\"") &&
               strstr(body, "\"level\":\"error\"") &&
               strstr(body,
                      "\"permalink\":\"http://127.0.0.1:9000/organizations/default/issues/") &&
               !strstr(body, "urls"),
           "and again after a second, with all one wants to know");
    }
    e.id[0] = 2;
    kit_put_event(&k, 0, &e);
    kit_counted(&k);
    snprintf(args, sizeof(args), "{\"ids\":[%lld],\"status\":\"resolved\"}",
             (long long)kit_number(&k, "SELECT id FROM issue"));
    kit_command(&k, "issue.update", args, &answer);
    e.id[0] = 3;
    kit_put_event(&k, 0, &e);
    kit_counted(&k);
    ok(strstr(next_post(&r, 5), "\"action\":\"regression\""),
       "further events are not, a regression is");
    for (int i = 0; i < 100 && counter_sum(k.world.counters, COUNTER_webhooks_sent) < 2; i++)
        kit_sleep_us(20000);
    is_int(counter_sum(k.world.counters, COUNTER_webhooks_sent), 2, "two were delivered");

    /* Without a notifier: the ring fills, the writer goes on. */
    if (write(stop, &one, sizeof(one)) != sizeof(one))
        return 1;
    waitpid(notifier, &status, 0);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the notifier leaves when told");
    for (uint64_t i = 0; i < 6000; i++) {
        e = kit_event(100 + i, 0);
        memcpy(e.hashes[0], &i, 8);
        e.hashes[0][15] = 0x77;
        kit_put_event(&k, 0, &e);
    }
    ok(kit_counted(&k), "six thousand new issues and nobody to tell");
    is_int(kit_number(&k, "SELECT count(*) FROM issue"), 6001, "are stored all the same");
    ok(counter_sum(k.world.counters, COUNTER_webhooks_failed) > 0, "what did not fit is counted");

    kill(r.pid, SIGKILL);
    waitpid(r.pid, NULL, 0);
    is_int(kit_stop(&k), 0, "the writer leaves");
    kit_close(&k);
    test_leaving();
    return done_testing();
}
