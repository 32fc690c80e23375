#include "shm/region.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shm/log.h"

static uint64_t fnv(uint64_t h, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;

    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 0x100000001b3;
    return h;
}

uint64_t region_layout(const size_t *sizes, size_t count)
{
    uint64_t h = 0xcbf29ce484222325;

    for (size_t i = 0; i < count; i++) {
        uint64_t wide = sizes[i];
        h = fnv(h, &wide, sizeof(wide));
    }
    return h;
}

uint64_t region_boot(void)
{
    char text[64];
    ssize_t n = -1;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

    if (fd != -1) {
        n = read(fd, text, sizeof(text));
        close(fd);
    }
    return n > 0 ? fnv(0xcbf29ce484222325, text, (size_t)n) : 0;
}

static uint32_t stamp_crc(const struct region_stamp *s)
{
    return crc32c(0, s, offsetof(struct region_stamp, crc));
}

static bool stamp_fits(const struct region_stamp *s, const struct region_stamp *want)
{
    return s->magic == want->magic && s->version == want->version && s->layout == want->layout &&
           s->bytes == want->bytes && s->crc == stamp_crc(s);
}

static int map(int fd, size_t bytes, struct region *out)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (at == MAP_FAILED)
        return -errno;
    *out = (struct region){.at = at, .bytes = bytes};
    return 0;
}

static int open_as(int dir_fd, const char *name, const struct region_stamp *want,
                   struct region *out)
{
    struct stat st;
    int rc, fd = openat(dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

    if (fd == -1)
        return -errno;
    if (fstat(fd, &st) == -1)
        rc = -errno;
    else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != want->bytes)
        rc = -ESTALE; /* a short file maps well and kills with SIGBUS later */
    else
        rc = map(fd, (size_t)st.st_size, out);
    close(fd); /* the mapping outlives it */
    if (rc == 0 && !stamp_fits(out->at, want)) {
        region_close(out);
        rc = -ESTALE;
    }
    return rc;
}

/* Under another name first: whoever opens `name` finds the old file or the finished new one. */
static int create_as(int dir_fd, const char *name, struct region_stamp stamp, size_t allocated,
                     struct region *out)
{
    char making[256];
    struct timespec now;
    int rc, fd;

    if (snprintf(making, sizeof(making), ".%s.new", name) >= (int)sizeof(making))
        return -ENAMETOOLONG;
    unlinkat(dir_fd, making, 0);
    fd = openat(dir_fd, making, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd == -1)
        return -errno;
    if (ftruncate(fd, (off_t)stamp.bytes) == -1)
        rc = -errno;
    else if ((rc = -posix_fallocate(fd, 0, (off_t)allocated)) == 0)
        rc = map(fd, stamp.bytes, out);
    close(fd);
    if (rc == 0) {
        clock_gettime(CLOCK_REALTIME, &now);
        stamp.created_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
        stamp.boot = region_boot();
        stamp.crc = stamp_crc(&stamp);
        memcpy(out->at, &stamp, sizeof(stamp));
        if (renameat(dir_fd, making, dir_fd, name) == 0)
            return 0;
        rc = -errno;
        region_close(out);
    }
    unlinkat(dir_fd, making, 0);
    return rc;
}

int region_open(int dir_fd, const char *name, uint32_t magic, uint32_t version, uint64_t layout,
                size_t bytes, struct region *out)
{
    return open_as(dir_fd, name, &(struct region_stamp){magic, version, layout, .bytes = bytes},
                   out);
}

int region_create(int dir_fd, const char *name, uint32_t magic, uint32_t version, uint64_t layout,
                  size_t bytes, struct region *out)
{
    return create_as(dir_fd, name, (struct region_stamp){magic, version, layout, .bytes = bytes},
                     bytes, out);
}

int region_ensure(int dir_fd, const char *name, uint32_t magic, uint32_t version, uint64_t layout,
                  size_t bytes, struct region *out, bool *fresh)
{
    return region_ensure_sparse(dir_fd, name, magic, version, layout, bytes, bytes, out, fresh);
}

int region_ensure_sparse(int dir_fd, const char *name, uint32_t magic, uint32_t version,
                         uint64_t layout, size_t bytes, size_t allocated, struct region *out,
                         bool *fresh)
{
    struct region_stamp want = {magic, version, layout, .bytes = bytes};
    int rc = open_as(dir_fd, name, &want, out);

    *fresh = false;
    if (rc == 0) {
        const struct region_stamp *found = out->at;

        if (found->boot == region_boot())
            return 0;
        region_close(out);
        log_debug("region.boot", "file=%s: made before a reboot, made anew", name);
    } else if (rc == -ESTALE) {
        log_warn("region.damaged", "file=%s: not ours, torn or of another layout, made anew", name);
    } else if (rc != -ENOENT) {
        return rc;
    }
    rc = create_as(dir_fd, name, want, allocated, out);
    *fresh = rc == 0;
    return rc;
}

int region_allocate(int dir_fd, const char *name, size_t from, size_t len)
{
    int rc, fd = openat(dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

    if (fd == -1)
        return -errno;
    rc = -posix_fallocate(fd, (off_t)from, (off_t)len);
    close(fd);
    return rc;
}

void region_close(struct region *r)
{
    if (r->at)
        munmap(r->at, r->bytes);
    *r = (struct region){0};
}

uint64_t region_incarnation(const struct region *r)
{
    return ((const struct region_stamp *)r->at)->created_ns;
}
