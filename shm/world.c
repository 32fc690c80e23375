#include "shm/world.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shm/limits.h"

_Static_assert(WORLD_SLOTS == SLOTS_MAX && BOARD_WRITER == SLOTS_MAX &&
                   COUNTER_SLOT_WRITER == SLOTS_MAX,
               "slots are counted alike everywhere");

static int open_dirs(const char *dir, struct world *w)
{
    char real[PATH_MAX];

    if (!realpath(dir, real))
        return -errno;
    if (strlen(real) >= sizeof(w->dir))
        return -ENAMETOOLONG;
    strcpy(w->dir, real);
    w->dir_fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w->dir_fd == -1)
        return -errno;
    if (mkdirat(w->dir_fd, "shm", 0700) == -1 && errno != EEXIST)
        return -errno;
    w->shm_fd = openat(w->dir_fd, "shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return w->shm_fd == -1 ? -errno : 0;
}

static int open_bells(const int *bells, struct world *w)
{
    int *bell[WORLD_BELLS];

    for (int i = 0; i < WORLD_SLOTS; i++)
        bell[i] = &w->worker_bell[i];
    bell[WORLD_SLOTS] = &w->writer_bell;
    bell[WORLD_SLOTS + 1] = &w->notifier_bell;
    for (int i = 0; i < WORLD_BELLS; i++) {
        *bell[i] = bells ? bells[i] : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (*bell[i] == -1)
            return -errno;
    }
    return 0;
}

static int open_tables(struct world *w)
{
    int rc;

    if ((rc = board_open(w->shm_fd, &w->board)) != 0 ||
        (rc = counter_open(w->shm_fd, &w->counters)) != 0 ||
        (rc = index_open(w->shm_fd, INDEX_SLOTS, &w->index, &w->fresh_index)) != 0 ||
        (rc = issue_open(w->shm_fd, &w->issues)) != 0 ||
        (rc = registry_open(w->shm_fd, &w->registry, &w->fresh_registry)) != 0 ||
        (rc = bucket_open(w->shm_fd, &w->buckets)) != 0 ||
        (rc = recent_open(w->shm_fd, &w->recent, &w->fresh_recent)) != 0 ||
        (rc = ring_open(w->shm_fd, "notices", NOTICE_BYTES, &w->notices)) != 0)
        return rc;
    return 0;
}

/* A world with nothing open. */
static void make_empty(struct world *w)
{
    *w = (struct world){.dir_fd = -1, .shm_fd = -1, .writer_bell = -1, .notifier_bell = -1};
    for (int i = 0; i < WORLD_SLOTS; i++)
        w->worker_bell[i] = -1;
}

int world_open(const char *dir, const int *bells, struct world *out)
{
    int rc;

    make_empty(out);
    if ((rc = open_dirs(dir, out)) != 0 || (rc = open_bells(bells, out)) != 0 ||
        (rc = open_tables(out)) != 0)
        goto fail;
    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++)
        if (world_slot_exists(out, slot) && (rc = world_slot(out, slot)) != 0)
            goto fail;
    return 0;
fail:
    world_close(out);
    return rc;
}

static void close_fd(int *fd)
{
    if (*fd != -1)
        close(*fd);
    *fd = -1;
}

void world_close(struct world *w)
{
    for (int i = 0; i < WORLD_SLOTS; i++) {
        ring_close(w->ring[i]);
        mailbox_close(w->mailbox[i]);
        close_fd(&w->worker_bell[i]);
    }
    close_fd(&w->notifier_bell);
    close_fd(&w->writer_bell);
    ring_close(w->notices);
    recent_close(w->recent);
    bucket_close(w->buckets);
    registry_close(w->registry);
    issue_close(w->issues);
    index_close(w->index);
    counter_close(w->counters);
    board_close(w->board);
    close_fd(&w->shm_fd);
    close_fd(&w->dir_fd);
    make_empty(w);
}

static void ring_name(char out[32], uint32_t slot)
{
    snprintf(out, 32, "ring.%02u", slot);
}

int world_slot(struct world *w, uint32_t slot)
{
    char name[32];
    int rc = 0;

    if (slot >= WORLD_SLOTS)
        return -EINVAL;
    /* The ring last: once it exists, another process (the writer) opens both and must find both. */
    snprintf(name, sizeof(name), "mail.%02u", slot);
    if (!w->mailbox[slot])
        rc = mailbox_open(w->shm_fd, name, MAILBOX_BYTES, &w->mailbox[slot]);
    ring_name(name, slot);
    if (rc == 0 && !w->ring[slot])
        rc = ring_open(w->shm_fd, name, RING_BYTES, &w->ring[slot]);
    return rc;
}

bool world_slot_exists(const struct world *w, uint32_t slot)
{
    char name[32];

    ring_name(name, slot);
    return slot < WORLD_SLOTS && faccessat(w->shm_fd, name, F_OK, 0) == 0;
}

/* An eventfd that is full (EAGAIN) is readable already: nothing is lost. */
static void toll(int bell)
{
    uint64_t one = 1;

    while (write(bell, &one, sizeof(one)) == -1 && errno == EINTR)
        ;
}

void world_ring_writer(struct world *w)
{
    /* The writer says "asleep" and then looks into the rings once more; we put and then look
     * whether it sleeps. With a full fence between the two steps on either side, one of us sees the
     * other. The word is left alone: were it taken back here and we killed before the write, nobody
     * else would ring. */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&w->board->asleep, memory_order_relaxed))
        toll(w->writer_bell);
}

void world_ring_worker(struct world *w, uint32_t slot)
{
    if (slot < WORLD_SLOTS)
        toll(w->worker_bell[slot]);
}

void world_ring_notifier(struct world *w)
{
    toll(w->notifier_bell);
}

static int64_t now_us(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t world_now_ms(void)
{
    return now_us(CLOCK_REALTIME) / 1000;
}

int64_t world_now_us(void)
{
    return now_us(CLOCK_REALTIME);
}

int64_t world_ticks_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}
