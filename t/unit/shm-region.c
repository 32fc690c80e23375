/* A file that is not surely ours is refused, never trusted. */
#include "shm/region.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>

#include "t/lib/scratch.h"
#include "t/lib/tap.h"

#define MAGIC 0x54534554
#define BYTES 8192

static int dir;

static int open_it(struct region *r)
{
    return region_open(dir, "file", MAGIC, 3, 77, BYTES, r);
}

static void life(void)
{
    struct region r, again;
    uint64_t first;
    bool fresh;

    is_int(open_it(&r), -ENOENT, "no file, no region");
    is_int(region_ensure(dir, "file", MAGIC, 3, 77, BYTES, &r, &fresh), 0, "made when missing");
    ok(fresh, "and said to be fresh");
    first = region_incarnation(&r);
    strcpy((char *)r.at + 100, "kept");
    region_close(&r);
    ok(r.at == NULL, "closed");
    region_close(&r);

    is_int(region_ensure(dir, "file", MAGIC, 3, 77, BYTES, &r, &fresh), 0, "opened when there");
    ok(!fresh, "and not fresh");
    is_str((char *)r.at + 100, "kept", "bytes stay");
    ok(region_incarnation(&r) == first, "the incarnation too");
    is_int(region_create(dir, "file", MAGIC, 3, 77, BYTES, &again), 0, "made anew by replacing");
    ok(region_incarnation(&again) != first, "is another incarnation");
    is_str((char *)r.at + 100, "kept", "who has the old one mapped keeps it");
    is_int(((char *)again.at)[100], 0, "the new one is zero");
    region_close(&r);
    region_close(&again);
    is_int(file_size(dir, ".file.new"), -1, "nothing half made is left");
}

static void refusals(void)
{
    struct region r;
    int trusted = 0;
    off_t fields = offsetof(struct region_stamp, reserved);

    is_int(region_open(dir, "file", MAGIC + 1, 3, 77, BYTES, &r), -ESTALE, "other magic");
    is_int(region_open(dir, "file", MAGIC, 4, 77, BYTES, &r), -ESTALE, "other version");
    is_int(region_open(dir, "file", MAGIC, 3, 78, BYTES, &r), -ESTALE, "other layout");
    is_int(region_open(dir, "file", MAGIC, 3, 77, BYTES * 2, &r), -ESTALE, "other size");
    for (off_t at = 0; at < fields; at++) {
        file_flip(dir, "file", at, 0x10);
        if (open_it(&r) == 0) {
            trusted++;
            region_close(&r);
        }
        file_flip(dir, "file", at, 0x10);
    }
    is_int(trusted, 0, "a flipped bit in any field of the stamp");
    is_int(open_it(&r), 0, "and whole again it opens");
    region_close(&r);
}

static void short_files(void)
{
    struct region r;
    bool fresh;
    int fd = openat(dir, "file", O_RDWR);

    is_int(ftruncate(fd, BYTES / 2), 0, "a short file");
    close(fd);
    is_int(open_it(&r), -ESTALE, "is refused and not a SIGBUS later");
    said_begin();
    is_int(region_ensure(dir, "file", MAGIC, 3, 77, BYTES, &r, &fresh), 0, "made anew");
    is_int(said_count("region.damaged"), 1, "with one log line");
    ok(fresh, "and fresh");
    region_close(&r);
    is_int(mkdirat(dir, "folder", 0700), 0, "a folder of that name");
    is_int(region_open(dir, "folder", MAGIC, 3, 77, BYTES, &r), -EISDIR, "is an error code");
    is_int(symlinkat("file", dir, "link"), 0, "a link of that name");
    is_int(region_open(dir, "link", MAGIC, 3, 77, BYTES, &r), -ELOOP, "is not followed");
}

static void after_a_reboot(void)
{
    struct region_stamp stamp;
    struct region r;
    bool fresh;

    ok(region_boot() != 0, "the kernel tells which boot this is");
    file_read(dir, "file", 0, &stamp, sizeof(stamp));
    stamp.boot ^= 1;
    stamp.crc = crc32c(0, &stamp, offsetof(struct region_stamp, crc));
    file_write(dir, "file", 0, &stamp, sizeof(stamp));
    is_int(open_it(&r), 0, "a file from before a reboot can be opened");
    region_close(&r);
    is_int(region_ensure(dir, "file", MAGIC, 3, 77, BYTES, &r, &fresh), 0, "but region_ensure");
    ok(fresh, "makes it anew");
    region_close(&r);
}

static void no_room(void)
{
    struct rlimit was, small = {BYTES, BYTES};
    struct region r;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &was);
    small.rlim_max = was.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    ok(region_create(dir, "file", MAGIC, 3, 77, BYTES * 4, &r) < 0, "no room is an error code");
    setrlimit(RLIMIT_FSIZE, &was);
    is_int(open_it(&r), 0, "the old file is still there, whole");
    region_close(&r);
    is_int(file_size(dir, ".file.new"), -1, "nothing half made is left");
}

static void sparse(void)
{
    struct region r;
    struct stat st;
    bool fresh;

    is_int(region_ensure_sparse(dir, "sparse", MAGIC, 1, 1, 1 << 26, 65536, &r, &fresh), 0,
           "64 MiB of which 64 KiB have room");
    fstatat(dir, "sparse", &st, 0);
    ok(st.st_blocks * 512 < 1 << 20, "take %lld KiB", (long long)st.st_blocks / 2);
    is_int(region_allocate(dir, "sparse", 65536, 1 << 20), 0, "room for a MiB more");
    fstatat(dir, "sparse", &st, 0);
    ok(st.st_blocks * 512 >= 1 << 20, "takes %lld KiB", (long long)st.st_blocks / 2);
    is_int(region_allocate(dir, "nowhere", 0, 4096), -ENOENT, "no file, no room");
    region_close(&r);
}

static void layout_words(void)
{
    ok(REGION_LAYOUT(1, 2) != REGION_LAYOUT(2, 1), "order counts");
    ok(REGION_LAYOUT(1, 2) != REGION_LAYOUT(1, 2, 0), "number counts");
    ok(REGION_LAYOUT(64, 128) == REGION_LAYOUT(64, 128), "the same is the same");
}

int main(void)
{
    dir = scratch();
    life();
    refusals();
    short_files();
    after_a_reboot();
    no_room();
    sparse();
    layout_words();
    return done_testing();
}
