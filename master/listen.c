/* listen.c -- see listen.h. */
#include "master/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "master/systemd.h"

/* Connections that wait while every worker is busy, reloading or being taken over. The kernel cuts
 * it to net.core.somaxconn (4096 since Linux 5.4). */
#define BACKLOG 4096

union any_address {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
    struct sockaddr_storage room;
};

static bool is_unix(const char *address)
{
    return strncmp(address, "unix:", 5) == 0;
}

static void describe(int fd, char *out, size_t room)
{
    union any_address a;
    socklen_t len = sizeof(a);
    char host[INET6_ADDRSTRLEN];

    memset(&a, 0, sizeof(a));
    snprintf(out, room, "?");
    if (getsockname(fd, &a.sa, &len) != 0)
        return;
    if (a.sa.sa_family == AF_UNIX)
        snprintf(out, room, "unix:%.*s", (int)sizeof(a.un.sun_path), a.un.sun_path);
    else if (a.sa.sa_family == AF_INET)
        snprintf(out, room, "%s:%u", inet_ntop(AF_INET, &a.in.sin_addr, host, sizeof(host)),
                 ntohs(a.in.sin_port));
    else if (a.sa.sa_family == AF_INET6)
        snprintf(out, room, "[%s]:%u", inet_ntop(AF_INET6, &a.in6.sin6_addr, host, sizeof(host)),
                 ntohs(a.in6.sin6_port));
}

/* Numeric addresses only: a name server must not decide whether the server starts. */
static bool resolve(const char *address, union any_address *out, socklen_t *len)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char host[CONF_ADDRESS_MAX];
    const char *colon = strrchr(address, ':');
    size_t host_len = (size_t)(colon - address);

    memcpy(host, address, host_len);
    host[host_len] = '\0';
    if (host[0] == '[') {
        memmove(host, host + 1, host_len);
        host[host_len - 2] = '\0';
    }
    if (getaddrinfo(strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, colon + 1, &hints,
                    &found) != 0)
        return false;
    memcpy(&out->room, found->ai_addr, found->ai_addrlen);
    *len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

/* A socket file that nobody listens on any more is in the way of bind; one that somebody does is
 * somebody's. */
static int clear_stale(const union any_address *a, socklen_t len)
{
    struct stat st;
    int fd, rc = 0;

    if (lstat(a->un.sun_path, &st) != 0)
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return -EEXIST;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -errno;
    if (connect(fd, &a->sa, len) == 0)
        rc = -EADDRINUSE;
    else if (unlink(a->un.sun_path) != 0)
        rc = -errno;
    close(fd);
    return rc;
}

static int bind_one(const char *address, bool control)
{
    union any_address a;
    socklen_t len;
    int fd, on = 1, rc = 0;

    memset(&a, 0, sizeof(a));
    if (is_unix(address)) {
        if (strlen(address + 5) >= sizeof(a.un.sun_path))
            return -ENAMETOOLONG;
        a.un.sun_family = AF_UNIX;
        strcpy(a.un.sun_path, address + 5);
        len = sizeof(a.un);
        if ((rc = clear_stale(&a, len)) != 0)
            return rc;
    } else if (!resolve(address, &a, &len)) {
        return -EADDRNOTAVAIL;
    }
    fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1)
        return -errno;
    if (a.sa.sa_family != AF_UNIX)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, &a.sa, len) != 0 || listen(fd, BACKLOG) != 0)
        rc = -errno;
    /* A proxy of another user must be able to connect; the folder around the control socket is
     * closed to others, and peers are asked for who they are. */
    if (rc == 0 && a.sa.sa_family == AF_UNIX && chmod(a.un.sun_path, control ? 0600 : 0666) != 0)
        rc = -errno;
    if (rc != 0) {
        close(fd);
        return rc;
    }
    return fd;
}

static bool is_listening(int fd)
{
    int on = 0;
    socklen_t len = sizeof(on);

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on;
}

static struct listener *adopt(struct listen_set *s, int fd, const char *asked)
{
    struct listener *l = &s->at[s->count];

    if (s->count == LISTENERS_MAX || !is_listening(fd))
        return NULL;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    *l = (struct listener){.fd = fd};
    describe(fd, l->bound, sizeof(l->bound));
    snprintf(l->asked, sizeof(l->asked), "%s", asked ? asked : l->bound);
    s->count++;
    return l;
}

bool listen_given(struct listen_set *s, char *why, size_t room)
{
    struct systemd_socket given[CONF_LISTEN_MAX];
    uint32_t n = systemd_sockets(given, CONF_LISTEN_MAX);

    for (uint32_t i = 0; i < n; i++) {
        struct listener *l = adopt(s, given[i].fd, NULL);

        if (!l) {
            snprintf(why, room, "descriptor %d from systemd is no listening stream socket",
                     given[i].fd);
            return false;
        }
        l->given = true;
        l->tls = strcmp(given[i].name, "tls") == 0;
    }
    return true;
}

bool listen_inherit(struct listen_set *s, int fd, const char *asked, bool given)
{
    struct listener *l = adopt(s, fd, asked);

    if (l)
        l->given = given;
    return l != NULL;
}

static const struct listener *find(const struct listen_set *s, const char *asked)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (strcmp(s->at[i].asked, asked) == 0)
            return &s->at[i];
    return NULL;
}

static bool has_fd(const struct listen_set *s, int fd)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->at[i].fd == fd)
            return true;
    return false;
}

/* Take over from `old`, or bind. Port 0 may stand there several times: each takes the next. */
static bool add(struct listen_set *out, const struct listen_set *old, const char *address, bool tls,
                bool control, char *why, size_t room)
{
    const struct listener *kept = NULL;
    struct listener *l;
    int fd;

    for (uint32_t i = 0; i < old->count && !kept; i++)
        if (strcmp(old->at[i].asked, address) == 0 && !has_fd(out, old->at[i].fd))
            kept = &old->at[i];
    if (out->count == LISTENERS_MAX) {
        snprintf(why, room, "%s: more than %d sockets", address, LISTENERS_MAX);
        return false;
    }
    fd = kept ? kept->fd : bind_one(address, control);
    if (fd < 0) {
        snprintf(why, room, "%s: %s", address,
                 fd == -EEXIST ? "there is a file of that name that is no socket" : strerror(-fd));
        return false;
    }
    l = &out->at[out->count++];
    *l = (struct listener){.fd = fd, .tls = tls, .control = control, .given = kept && kept->given};
    snprintf(l->asked, sizeof(l->asked), "%s", address);
    describe(fd, l->bound, sizeof(l->bound));
    return true;
}

bool listen_build(struct listen_set *out, const struct listen_set *old, const struct conf *c,
                  const char *data_dir, char *why, size_t room)
{
    struct listen_set given = {.count = 0};
    char control[CONF_ADDRESS_MAX];
    bool good;

    out->count = 0;
    if (snprintf(control, sizeof(control), "unix:%s/quern.sock", data_dir) >=
        (int)sizeof(control) - 16) {
        /* sockaddr_un holds 108 bytes */
        snprintf(why, room, "%s: the path of the data folder is too long for a socket in it",
                 data_dir);
        return false;
    }
    good = add(out, old, control, false, true, why, room);
    for (uint32_t i = 0; i < old->count; i++)
        if (old->at[i].given)
            given.at[given.count++] = old->at[i];
    /* The default address stands for "nothing said"; sockets from systemd say something. */
    for (uint32_t i = 0; good && i < c->listen_count && (c->listen_stated || !given.count); i++)
        good = add(out, old, c->listen[i].address, c->listen[i].tls, false, why, room);
    for (uint32_t i = 0; good && i < given.count; i++)
        if (!has_fd(out, given.at[i].fd)) {
            good = out->count < LISTENERS_MAX;
            if (good)
                out->at[out->count++] = given.at[i];
            else
                snprintf(why, room, "more than %d sockets", LISTENERS_MAX);
        }
    if (!good) {
        listen_release(out, old);
        return false;
    }
    return true;
}

void listen_release(struct listen_set *gone, const struct listen_set *kept)
{
    for (uint32_t i = 0; i < gone->count; i++) {
        const struct listener *l = &gone->at[i];

        if (kept && has_fd(kept, l->fd))
            continue;
        /* The file goes with the socket, unless a successor of the same name stands there. */
        if (is_unix(l->bound) && !l->given && !(kept && find(kept, l->asked)))
            unlink(l->bound + 5);
        close(l->fd);
    }
    gone->count = 0;
}

void listen_forget(struct listen_set *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        close(s->at[i].fd);
    s->count = 0;
}

/* A wildcard is no address that a client could use; the machine's name is. */
static void host_of(const char *bound, char *out, size_t room)
{
    const char *colon = strrchr(bound, ':');
    char name[65] = "localhost";

    if (strncmp(bound, "0.0.0.0:", 8) == 0 || strncmp(bound, "[::]:", 5) == 0) {
        gethostname(name, sizeof(name) - 1);
        snprintf(out, room, "%s%s", name, colon);
    } else {
        snprintf(out, room, "%s", bound);
    }
}

void listen_url(const struct listen_set *s, char *out, size_t room)
{
    char host[CONF_ADDRESS_MAX + 65];

    *out = '\0';
    for (uint32_t i = 0; i < s->count; i++) {
        const struct listener *l = &s->at[i];

        if (is_unix(l->bound))
            continue;
        host_of(l->bound, host, sizeof(host));
        snprintf(out, room, "%s://%s", l->tls ? "https" : "http", host);
        return;
    }
}
