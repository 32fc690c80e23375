#include "writer/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shm/log.h"
#include "shm/world.h"

static const char *const companions[] = {"-wal", "-shm", "-journal"};

void files_catalogue(const struct world *w, char out[FILES_PATH_MAX])
{
    snprintf(out, FILES_PATH_MAX, "%s/quern.db", w->dir);
}

void files_segment(const struct world *w, const char *file, char out[FILES_PATH_MAX])
{
    snprintf(out, FILES_PATH_MAX, "%s/segments/%s", w->dir, file);
}

int files_folders(const struct world *w)
{
    static const char *const names[] = {"segments", "attachments"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (mkdirat(w->dir_fd, names[i], 0700) == -1 && errno != EEXIST)
            return -errno;
    return 0;
}

bool files_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool name_is_taken(const struct world *w, const char *name)
{
    char path[FILES_PATH_MAX], packed[FILES_PATH_MAX + 16];

    files_segment(w, name, path);
    if (files_exists(path))
        return true;
    /* once packed it is called NAME.packed.db: the unpacked name must not come back meanwhile */
    snprintf(packed, sizeof(packed), "%.*s.packed.db", (int)(strlen(path) - 3), path);
    return files_exists(packed);
}

void files_name(const struct world *w, int64_t day, char *out, size_t room)
{
    time_t t = (time_t)(day * 86400);
    struct tm tm;
    char date[16];

    gmtime_r(&t, &tm);
    strftime(date, sizeof(date), "%Y-%m-%d", &tm);
    snprintf(out, room, "%s.db", date);
    for (unsigned n = 2; name_is_taken(w, out); n++)
        snprintf(out, room, "%s-%u.db", date, n);
}

uint64_t files_bytes(const char *path)
{
    char wal[FILES_PATH_MAX + 8];
    struct stat st;
    uint64_t bytes = stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;

    snprintf(wal, sizeof(wal), "%s-wal", path);
    return bytes + (stat(wal, &st) == 0 ? (uint64_t)st.st_size : 0);
}

void files_remove(const char *path)
{
    char beside[FILES_PATH_MAX + 16];

    /* the WAL first: without its file it means nothing, the file without it would be torn */
    for (size_t i = 0; i < sizeof(companions) / sizeof(*companions); i++) {
        snprintf(beside, sizeof(beside), "%s%s", path, companions[i]);
        unlink(beside);
    }
    unlink(path);
}

void files_remove_attachment(const struct world *w, const char *file, size_t len)
{
    char path[FILES_PATH_MAX];

    if (memchr(file, '/', len))
        return;
    snprintf(path, sizeof(path), "%s/attachments/%.*s", w->dir, (int)len, file);
    unlink(path);
}

void files_set_aside(const char *path, const char *why)
{
    char to[FILES_PATH_MAX + 32], from[FILES_PATH_MAX + 16], beside[FILES_PATH_MAX + 48];
    size_t len = (size_t)snprintf(to, sizeof(to), "%s.damaged", path);
    bool moved;

    for (unsigned n = 2; files_exists(to) && n < 1000; n++)
        snprintf(to + len, sizeof(to) - len, "-%u", n);
    for (size_t i = 0; i < sizeof(companions) / sizeof(*companions); i++) {
        snprintf(from, sizeof(from), "%s%s", path, companions[i]);
        snprintf(beside, sizeof(beside), "%s%s", to, companions[i]);
        rename(from, beside);
    }
    moved = rename(path, to) == 0;
    log_error("file.damaged", "file=\"%s\" reason=\"%s\" set_aside=\"%s\"", path, why,
              moved ? to : strerror(errno));
}

bool files_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool done = fd != -1 && fsync(fd) == 0;

    if (fd != -1)
        close(fd);
    return done;
}

bool files_sync_dir(const char *path_inside)
{
    char dir[FILES_PATH_MAX];

    snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path_inside, '/') - path_inside), path_inside);
    return files_sync(dir);
}
