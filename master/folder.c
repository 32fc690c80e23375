/* folder.c -- see folder.h. */
#include "master/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shm/board.h"

#define WAIT_STEP_MS 20

static void parent_of(const char *path, char *out, size_t room)
{
    char copy[4096];

    snprintf(copy, sizeof(copy), "%s", path);
    snprintf(out, room, "%s", dirname(copy));
}

int folder_find(const char *path, bool make, struct folder *out, char *why, size_t room)
{
    char parent[4096];
    struct stat st;

    *out = (struct folder){.lock_fd = -1};
    if (make && stat(path, &st) != 0 && errno == ENOENT) {
        parent_of(path, parent, sizeof(parent));
        mkdir(parent, 0755); /* if this fails, the next one says why */
        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
            int rc = -errno;

            snprintf(why, room, "cannot make the data folder %s: %s (choose another with --data)",
                     path, strerror(-rc));
            return rc;
        }
    }
    if (!realpath(path, out->path)) {
        int rc = -errno;

        snprintf(why, room, "data folder %s: %s (choose one with --data)", path, strerror(-rc));
        return rc;
    }
    if (stat(out->path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        snprintf(why, room, "%s is no folder", out->path);
        return -ENOTDIR;
    }
    return 0;
}

bool folder_has_data(const struct folder *f)
{
    char path[4200];

    snprintf(path, sizeof(path), "%s/quern.db", f->path);
    if (access(path, F_OK) == 0)
        return true;
    snprintf(path, sizeof(path), "%s/segments", f->path); /* a lost catalogue is made from these */
    return access(path, F_OK) == 0;
}

static int open_lock(const struct folder *f, int flags)
{
    char path[4200];

    snprintf(path, sizeof(path), "%s/lock", f->path);
    return open(path, flags | O_CLOEXEC, 0600);
}

/* The pid written in the lock file; 0: none. */
static pid_t signature(int fd)
{
    char text[32] = "";

    if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
        return 0;
    return (pid_t)strtol(text, NULL, 10);
}

int folder_lock(struct folder *f, int wait_s, char *why, size_t room)
{
    struct timespec step = {.tv_nsec = WAIT_STEP_MS * 1000000L};
    int fd = open_lock(f, O_RDWR | O_CREAT);
    int rc;

    if (fd == -1) {
        rc = -errno;
        snprintf(why, room, "cannot write in the data folder %s: %s", f->path, strerror(-rc));
        return rc;
    }
    for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited += WAIT_STEP_MS) {
        pid_t pid = signature(fd);

        if (errno != EWOULDBLOCK && errno != EINTR) {
            rc = -errno;
            snprintf(why, room, "%s/lock: %s", f->path, strerror(-rc));
            goto fail;
        }
        if (board_alive((uint32_t)pid) || waited >= wait_s * 1000) {
            rc = -EBUSY;
            if (board_alive((uint32_t)pid))
                snprintf(why, room, "%s is in use by process %d", f->path, (int)pid);
            else
                snprintf(why, room, "%s is still in use by what a killed server left", f->path);
            goto fail;
        }
        nanosleep(&step, NULL);
    }
    f->lock_fd = fd;
    return 0;
fail:
    close(fd);
    return rc;
}

int folder_inherit(struct folder *f, int lock_fd)
{
    /* The same open file: the lock is held already, this call only makes sure of it. */
    if (flock(lock_fd, LOCK_EX | LOCK_NB) != 0)
        return -errno;
    fcntl(lock_fd, F_SETFD, FD_CLOEXEC);
    f->lock_fd = lock_fd;
    return 0;
}

void folder_sign(const struct folder *f, const char *url)
{
    char text[2048];
    int len = snprintf(text, sizeof(text), "%d\n%.*s\n", (int)getpid(), 1900, url);

    /* Only hints for messages: a failure changes nothing. */
    if (ftruncate(f->lock_fd, 0) == 0 && pwrite(f->lock_fd, text, (size_t)len, 0) == len)
        return;
}

void folder_url(const struct folder *f, char *out, size_t room)
{
    char text[2048] = "", *line;
    int fd = open_lock(f, O_RDONLY);

    *out = '\0';
    if (fd == -1)
        return;
    if (read(fd, text, sizeof(text) - 1) > 0 && (line = strchr(text, '\n')) != NULL)
        snprintf(out, room, "%.*s", (int)strcspn(line + 1, "\n"), line + 1);
    close(fd);
}

void folder_give_back(const struct folder *f)
{
    char *roots[] = {(char *)f->path, NULL};
    struct stat owner;
    FTSENT *at;
    FTS *walk;

    if (geteuid() != 0 || stat(f->path, &owner) != 0 || owner.st_uid == 0)
        return;
    walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    while (walk && (at = fts_read(walk)) != NULL)
        if (at->fts_info != FTS_DP && at->fts_statp && at->fts_statp->st_uid == 0 &&
            lchown(at->fts_path, owner.st_uid, owner.st_gid) != 0)
            continue; /* its server will say so if it matters */
    if (walk)
        fts_close(walk);
}

void folder_unlock(struct folder *f)
{
    if (f->lock_fd != -1)
        close(f->lock_fd);
    f->lock_fd = -1;
}

bool folder_busy(const struct folder *f)
{
    int fd = open_lock(f, O_RDONLY);
    bool busy;

    if (fd == -1)
        return false;
    busy = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return busy;
}
