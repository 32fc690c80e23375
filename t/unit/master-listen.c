/* master-listen -- sockets: bound, kept over a reload, given by systemd, never left behind. */
#include "master/listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/lib/scratch.h"
#include "t/lib/tap.h"

#define dir scratch_path

static struct conf conf_of(const char *first, const char *second)
{
    const char *lines[] = {first, second};
    struct conf c = {.listen_stated = first != NULL};

    for (int i = 0; i < 2 && lines[i]; i++)
        snprintf(c.listen[c.listen_count++].address, CONF_ADDRESS_MAX, "%s", lines[i]);
    return c;
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

static int open_descriptors(void)
{
    int n = 0;

    for (int fd = 3; fd < 200; fd++)
        n += is_open(fd);
    return n;
}

static void binds(void)
{
    struct listen_set none = {.count = 0}, s;
    struct conf c = conf_of("127.0.0.1:0", "127.0.0.3:0");
    char why[256] = "", url[256], sock[300];
    struct stat st;

    c.listen[1].tls = true;
    ok(listen_build(&s, &none, &c, dir, why, sizeof(why)), "two addresses and the control socket");
    is_int(s.count, 3, "make three sockets");
    ok(s.at[0].control && !s.at[1].control, "the first is the control socket");
    ok(s.at[2].tls && !s.at[1].tls, "tls goes with its line");
    ok(strncmp(s.at[1].bound, "127.0.0.1:", 10) == 0 && atoi(s.at[1].bound + 10) > 0,
       "port 0 has become a real one: %s", s.at[1].bound);
    for (uint32_t i = 0; i < s.count; i++)
        ok(fcntl(s.at[i].fd, F_GETFD) & FD_CLOEXEC, "socket %u is closed by exec", i);
    listen_url(&s, url, sizeof(url));
    ok(strncmp(url, "http://127.0.0.1:", 17) == 0, "the URL is that of the first TCP socket");
    snprintf(sock, sizeof(sock), "%s/quern.sock", dir);
    ok(stat(sock, &st) == 0 && (st.st_mode & 0777) == 0600, "the control socket is the owner's");
    listen_release(&s, NULL);
    ok(stat(sock, &st) != 0, "its file goes with it");
    is_int(open_descriptors(), 0, "nothing stays open");
}

static void refusals(void)
{
    struct listen_set none = {.count = 0}, s, second;
    struct conf c = conf_of("127.0.0.1:0", NULL);
    char why[256], path[300];

    listen_build(&s, &none, &c, dir, why, sizeof(why));
    c = conf_of("127.0.0.1:0", s.at[1].bound);
    snprintf(path, sizeof(path), "%s/other", dir);
    mkdir(path, 0700);
    ok(!listen_build(&second, &none, &c, path, why, sizeof(why)), "an address in use");
    ok(strstr(why, s.at[1].bound) && strstr(why, "in use"), "is named: %s", why);
    is_int(open_descriptors(), (int)s.count, "and the others of that set are closed again");
    c = conf_of("300.1.1.1:80", NULL);
    ok(!listen_build(&second, &none, &c, path, why, sizeof(why)), "no address: %s", why);
    c = conf_of(NULL, NULL);
    ok(!listen_build(&second, &none, &c, dir, why, sizeof(why)),
       "the control socket of a living server is not taken away: %s", why);
    snprintf(path, sizeof(path), "unix:%s/file", dir);
    close(open(path + 5, O_CREAT | O_WRONLY, 0600));
    c = conf_of(path, NULL);
    ok(!listen_build(&second, &s, &c, dir, why, sizeof(why)), "a file in the way: %s", why);
    ok(access(path + 5, F_OK) == 0, "stays");
    listen_release(&s, NULL);
}

static void stale_socket(void)
{
    struct listen_set none = {.count = 0}, s, again;
    struct conf c;
    char path[300], why[256];
    struct stat st;

    snprintf(path, sizeof(path), "unix:%s/front", dir);
    c = conf_of(path, NULL);
    ok(listen_build(&s, &none, &c, dir, why, sizeof(why)), "a unix address");
    ok(stat(path + 5, &st) == 0 && (st.st_mode & 0777) == 0666,
       "is open to a proxy of another user");
    listen_forget(&s); /* as a killed server leaves it */
    ok(stat(path + 5, &st) == 0, "a killed server leaves its file");
    ok(listen_build(&again, &none, &c, dir, why, sizeof(why)), "which is replaced");
    listen_release(&again, NULL);
}

static void reload(void)
{
    struct listen_set none = {.count = 0}, old, new, third;
    struct conf c = conf_of("127.0.0.1:0", "127.0.0.3:0");
    char why[256];
    int gone;

    listen_build(&old, &none, &c, dir, why, sizeof(why));
    gone = old.at[2].fd;
    c = conf_of("127.0.0.1:0", "127.0.0.2:0");
    ok(listen_build(&new, &old, &c, dir, why, sizeof(why)), "a set built from another");
    is_int(new.at[0].fd, old.at[0].fd, "keeps the control socket");
    is_int(new.at[1].fd, old.at[1].fd, "keeps what is named again");
    ok(new.at[2].fd != gone, "binds what is new");
    listen_release(&old, &new);
    ok(is_open(new.at[0].fd) && is_open(new.at[1].fd) && !is_open(gone),
       "only what is no longer named is closed");
    c = conf_of("127.0.0.1:0", "203.0.113.1:1");
    ok(!listen_build(&third, &new, &c, dir, why, sizeof(why)), "a set that cannot be had: %s", why);
    ok(is_open(new.at[0].fd) && is_open(new.at[1].fd) && is_open(new.at[2].fd),
       "leaves the present one whole");
    c = conf_of("127.0.0.1:0", "127.0.0.1:0");
    ok(listen_build(&third, &new, &c, dir, why, sizeof(why)), "port 0 twice");
    ok(third.at[1].fd == new.at[1].fd &&third.at[2].fd != third.at[1].fd, "are two sockets");
    listen_release(&new, &third);
    listen_release(&third, NULL);
    is_int(open_descriptors(), 0, "nothing stays open");
}

static void given(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct listen_set handed = {.count = 0}, s, after;
    struct conf c = conf_of(NULL, NULL);
    char text[32], why[256];
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    bind(fd, (struct sockaddr *)&a, sizeof(a));
    listen(fd, 5);
    dup2(fd, 3);
    if (fd != 3)
        close(fd);
    snprintf(text, sizeof(text), "%d", (int)getpid());
    setenv("LISTEN_PID", text, 1);
    setenv("LISTEN_FDS", "1", 1);
    setenv("LISTEN_FDNAMES", "tls", 1);
    ok(listen_given(&handed, why, sizeof(why)), "a socket from systemd");
    is_int(handed.count, 1, "is taken");
    ok(handed.at[0].given && handed.at[0].tls, "with what its name says");
    ok(getenv("LISTEN_FDS") == NULL, "children do not hear of it");
    snprintf(c.listen[c.listen_count++].address, CONF_ADDRESS_MAX, "127.0.0.1:9000");
    ok(listen_build(&s, &handed, &c, dir, why, sizeof(why)) && s.count == 2,
       "it stands in place of the default address");
    ok(listen_build(&after, &s, &c, dir, why, sizeof(why)) && after.count == 2 &&
           after.at[1].fd == 3 && after.at[1].tls,
       "and stays over a reload");
    listen_release(&after, NULL);
    fd = open("/dev/null", O_RDONLY);
    dup2(fd, 3);
    if (fd != 3)
        close(fd);
    handed.count = 0;
    setenv("LISTEN_PID", text, 1);
    setenv("LISTEN_FDS", "1", 1);
    ok(!listen_given(&handed, why, sizeof(why)), "what is no socket is refused: %s", why);
    close(3);
}

static void long_folder(void)
{
    struct listen_set none = {.count = 0}, s;
    struct conf c = conf_of("127.0.0.1:0", NULL);
    char path[200], why[300];

    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[120] = '\0';
    ok(!listen_build(&s, &none, &c, path, why, sizeof(why)) && strstr(why, "too long"),
       "a folder whose path no socket address can hold");
}

int main(void)
{
    scratch();
    for (int fd = 3; fd < 200; fd++)
        close(fd); /* what prove left open */
    binds();
    refusals();
    stale_socket();
    reload();
    given();
    long_folder();
    return done_testing();
}
