/* takeover.c -- USR2: a new binary takes over the sockets, the bells, the lock and the folder.
 * 1. The old master forks and execs what stands at its own path now, handing down descriptors and
 *    their meaning in QUERN_HANDOVER.
 * 2. The new one reads its configuration, opens the shared memory and starts workers in slots that
 *    the old ones do not hold. Their records are drained by the writer that is still the old one's.
 * 3. When they serve it says 'G'. The old master drains its workers, then its writer, and leaves.
 * 4. At the end of file of the pipe the new one starts its own writer.
 * If the new one fails before 'G', the old one goes on as if nothing had been. When the two
 * binaries would not understand each other (QUERN_DIALECT: a checksum over the sources of shared
 * memory, records and schema, made by the makefile), step 2 comes after the old one has left:
 * connections wait in the backlog of the sockets meanwhile. */
#include "master/master.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "master/sig.h"
#include "master/systemd.h"
#include "shm/log.h"

#define HANDOVER "QUERN_HANDOVER"
#define HANDOVER_VERSION 1
#define WORD_GO 'G'

/* ---- the old one ---- */

struct note {
    char text[16384];
    size_t len;
    bool full;
};

__attribute__((format(printf, 2, 3))) static void note_add(struct note *n, const char *format, ...)
{
    va_list ap;
    int len;

    va_start(ap, format);
    len = vsnprintf(n->text + n->len, sizeof(n->text) - n->len, format, ap);
    va_end(ap);
    if (len < 0 || (size_t)len >= sizeof(n->text) - n->len)
        n->full = true;
    else
        n->len += (size_t)len;
}

static int bell_at(const struct master *m, uint32_t at)
{
    if (at < WORLD_SLOTS)
        return m->world.worker_bell[at];
    return at == WORLD_SLOTS ? m->world.writer_bell : m->world.notifier_bell;
}

/* One word a line, so that addresses may contain anything but a line end. */
static void write_note(const struct master *m, int pipe_fd, struct note *n)
{
    n->len = 0;
    n->full = false;
    note_add(n, "version=%d\ndialect=%u\nlock=%d\npipe=%d\n", HANDOVER_VERSION,
             (unsigned)QUERN_DIALECT, m->folder.lock_fd, pipe_fd);
    for (uint32_t i = 0; i < WORLD_BELLS; i++)
        note_add(n, "bell=%d\n", bell_at(m, i));
    for (uint32_t i = 0; i < m->listen.count; i++)
        note_add(n, "listen=%d,%d,%s\n", m->listen.at[i].fd, m->listen.at[i].given,
                 m->listen.at[i].asked);
}

static void keep_open(int fd)
{
    fcntl(fd, F_SETFD, fcntl(fd, F_GETFD) & ~FD_CLOEXEC);
}

static void become_heir(const struct master *m, int pipe_fd)
{
    static struct note n; /* large for a stack, and this process is about to exec */
    char pid[32];

    write_note(m, pipe_fd, &n);
    if (n.full || setenv(HANDOVER, n.text, 1) != 0)
        _exit(EXIT_FAILURE);
    keep_open(pipe_fd);
    keep_open(m->folder.lock_fd);
    for (uint32_t i = 0; i < WORLD_BELLS; i++)
        keep_open(bell_at(m, i));
    for (uint32_t i = 0; i < m->listen.count; i++)
        keep_open(m->listen.at[i].fd);
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    if (getenv("WATCHDOG_PID"))
        setenv("WATCHDOG_PID", pid, 1); /* the watchdog's eye moves with the main process */
    sig_exec();
    execv(m->program, m->argv);
    log_error("takeover.exec", "program=\"%s\" error=\"%s\"", m->program, strerror(errno));
    _exit(EXIT_FAILURE);
}

void takeover_begin(struct master *m)
{
    struct takeover *t = &m->takeover;
    int ends[2];

    if (m->phase != PHASE_SERVING || m->reload.step != RELOAD_NONE || t->heir) {
        log_warn("takeover.refused",
                 "reason=\"a start, a reload or another take-over is under way\"");
        return;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
        log_error("takeover.pipe", "error=\"%s\"", strerror(errno));
        return;
    }
    fflush(NULL);
    t->heir = fork();
    if (t->heir == 0)
        become_heir(m, ends[1]);
    close(ends[1]);
    if (t->heir == -1) {
        log_error("takeover.fork", "error=\"%s\"", strerror(errno));
        close(ends[0]);
        t->heir = 0;
        return;
    }
    t->heir_fd = ends[0];
    log_notice("takeover.begin", "program=\"%s\" pid=%d", m->program, (int)t->heir);
}

void takeover_heard(struct master *m)
{
    struct takeover *t = &m->takeover;
    char word;
    ssize_t n = read(t->heir_fd, &word, 1);

    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == 1 && word == WORD_GO) {
        log_notice("takeover.go", "pid=%d", (int)t->heir);
        t->handed = true;
        systemd_main_pid(t->heir);
        master_stop(m, EXIT_SUCCESS, world_ticks_us());
        return;
    }
    /* It has closed its end: it dies, and waitpid will say how. */
    close(t->heir_fd);
    t->heir_fd = -1;
}

void takeover_heir_ended(struct master *m, int status, int64_t now_us)
{
    struct takeover *t = &m->takeover;

    if (t->heir_fd != -1)
        close(t->heir_fd);
    t->heir_fd = -1;
    t->heir = 0;
    log_error("takeover.failed",
              "%s=%d handed=%d reason=\"the new binary ended, the old one serves\"",
              WIFSIGNALED(status) ? "signal" : "status",
              WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), t->handed);
    if (t->handed)
        master_resume(m, now_us);
}

/* ---- the new one ---- */

/* Bells are kept in world order until world_open takes them. */
static bool take_bell(struct master *m, int fd)
{
    if (m->takeover.bell_count == WORLD_BELLS || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return false;
    m->takeover.bells[m->takeover.bell_count++] = fd;
    return true;
}

static bool take_socket(struct master *m, const char *value)
{
    int fd, given, at = 0;

    if (sscanf(value, "%d,%d,%n", &fd, &given, &at) != 2 || at == 0)
        return false;
    return listen_inherit(&m->listen, fd, value + at, given != 0);
}

static bool take_line(struct master *m, char *line)
{
    char *value = strchr(line, '=');

    if (!value)
        return false;
    *value++ = '\0';
    if (strcmp(line, "version") == 0)
        return atoi(value) == HANDOVER_VERSION;
    if (strcmp(line, "dialect") == 0) {
        m->takeover.serial = strtoul(value, NULL, 10) != QUERN_DIALECT;
        return true;
    }
    if (strcmp(line, "lock") == 0)
        return folder_inherit(&m->folder, atoi(value)) == 0;
    if (strcmp(line, "pipe") == 0) {
        m->takeover.ancestor_fd = atoi(value);
        return fcntl(m->takeover.ancestor_fd, F_SETFD, FD_CLOEXEC) == 0;
    }
    if (strcmp(line, "bell") == 0)
        return take_bell(m, atoi(value));
    if (strcmp(line, "listen") == 0)
        return take_socket(m, value);
    return true; /* what a later version may add */
}

int takeover_inherit(struct master *m, char *why, size_t room)
{
    const char *note = getenv(HANDOVER);
    char *copy, *save = NULL;
    bool good = true;

    m->takeover.ancestor_fd = m->takeover.heir_fd = -1;
    if (!note)
        return 0;
    copy = strdup(note);
    unsetenv(HANDOVER);
    for (char *line = copy ? strtok_r(copy, "\n", &save) : NULL; good && line;
         line = strtok_r(NULL, "\n", &save)) {
        good = take_line(m, line);
        if (!good)
            snprintf(why, room, "the hand-over of the older binary is unusable at \"%s\"", line);
    }
    free(copy);
    if (good && (m->takeover.ancestor_fd == -1 || m->folder.lock_fd == -1 ||
                 m->takeover.bell_count != WORLD_BELLS)) {
        snprintf(why, room, "the hand-over of the older binary is incomplete");
        good = false;
    }
    return good ? 1 : -1;
}

void takeover_tell_ancestor(struct master *m)
{
    static const char go = WORD_GO;

    if (write(m->takeover.ancestor_fd, &go, 1) != 1)
        log_warn("takeover.ancestor_deaf", "error=\"%s\"", strerror(errno));
}

bool takeover_ancestor_gone(struct master *m)
{
    char word;
    ssize_t n = read(m->takeover.ancestor_fd, &word, 1);

    if (n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR)))
        return false;
    close(m->takeover.ancestor_fd);
    m->takeover.ancestor_fd = -1;
    return true;
}

void takeover_close(struct master *m)
{
    if (m->takeover.heir_fd != -1)
        close(m->takeover.heir_fd);
    if (m->takeover.ancestor_fd != -1)
        close(m->takeover.ancestor_fd);
}

const int *takeover_bells(const struct master *m)
{
    return m->takeover.bell_count == WORLD_BELLS ? m->takeover.bells : NULL;
}
