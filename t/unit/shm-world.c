/* All of it together: opened once, opened again, and the bells that wake without being lost. */
#include "shm/world.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>

#include "shm/limits.h"
#include "t/lib/scratch.h"
#include "t/lib/tap.h"

static bool rang(int bell)
{
    uint64_t n;

    return read(bell, &n, sizeof(n)) == sizeof(n);
}

static void life(void)
{
    struct world w, again;
    struct iovec part = {"hello", 5};
    struct ring_record rec;
    uint64_t end, cursor = 0;
    struct mail mail;
    int bells[WORLD_BELLS];

    is_int(world_open("/nonexistent/folder", NULL, &w), -ENOENT, "no folder, no world");
    is_int(world_open(scratch_path, NULL, &w), 0, "made");
    ok(w.fresh_index && w.fresh_recent && w.fresh_registry, "the writer is told to fill it");
    is_str(w.dir, scratch_path, "it knows its folder");
    ok(!world_slot_exists(&w, 3) && !w.ring[3], "no rings yet");
    is_int(world_slot(&w, 3), 0, "a slot");
    ok(world_slot_exists(&w, 3) && w.ring[3] && w.mailbox[3], "has ring and mailbox");
    is_int(world_slot(&w, 3), 0, "twice is once");
    is_int(world_slot(&w, WORLD_SLOTS), -EINVAL, "there are no more slots than that");
    ok(!world_slot_exists(&w, WORLD_SLOTS), "nor files");
    is_int(ring_bytes(w.ring[3]), RING_BYTES, "a ring of the usual size");
    ring_put(w.ring[3], 1, &part, 1, &end);

    memcpy(bells, w.worker_bell, sizeof(w.worker_bell));
    bells[WORLD_SLOTS] = w.writer_bell;
    bells[WORLD_SLOTS + 1] = w.notifier_bell;
    for (int i = 0; i < WORLD_BELLS; i++)
        bells[i] = dup(bells[i]);
    is_int(world_open(scratch_path, bells, &again), 0, "opened beside it, with its bells");
    ok(!again.fresh_index && !again.fresh_recent, "index and recent ids are not fresh");
    ok(again.fresh_registry, "the registry is until something was published");
    ok(again.ring[3] && !again.ring[4], "the rings that are there are open");
    ok(ring_next(again.ring[3], &cursor, &rec) == RING_OK && rec.len == 5, "and carry");
    mailbox_clear(w.mailbox[3]);
    ok(mailbox_put(again.mailbox[3], 9, 200, "{}", 2) && mailbox_take(w.mailbox[3], &mail) &&
           mail.id == 9,
       "there and back");

    world_ring_writer(&w);
    ok(!rang(again.writer_bell), "no bell for a writer that is awake");
    atomic_store(&again.board->asleep, 1);
    world_ring_writer(&w);
    world_ring_writer(&w);
    ok(rang(again.writer_bell) && !rang(again.writer_bell), "one that sleeps is woken");
    world_ring_worker(&again, 3);
    ok(rang(w.worker_bell[3]) && !rang(w.worker_bell[4]), "a worker has his own bell");
    world_ring_worker(&again, WORLD_SLOTS);
    world_ring_notifier(&again);
    ok(rang(w.notifier_bell), "the notifier too");
    for (int i = 0; i < 3; i++)
        world_ring_worker(&w, 0);
    ok(rang(again.worker_bell[0]) && !rang(again.worker_bell[0]), "many rings are one waking");
    world_close(&again);
    world_close(&w);
    ok(w.dir_fd == -1 && !w.board, "closed");
    world_close(&w);
}

static void refusals(void)
{
    struct world w;
    int dir = open(scratch_path, O_RDONLY | O_DIRECTORY), fd;

    fd = openat(dir, "shm", O_RDONLY | O_DIRECTORY);
    scratch_remove_in(fd);
    unlinkat(dir, "shm", AT_REMOVEDIR);
    fd = openat(dir, "shm", O_CREAT | O_WRONLY, 0600);
    close(fd);
    is_int(world_open(scratch_path, NULL, &w), -ENOTDIR, "a file where the folder should be");
    ok(w.dir_fd == -1 && w.writer_bell == -1, "leaves nothing open");
    unlinkat(dir, "shm", 0);
    close(dir);
}

/* Every put must wake a writer that went to sleep: a lost wake-up shows as a timeout. */
static void no_bell_is_lost(void)
{
    enum { RECORDS = 20000 };
    struct world w;
    struct ring_record rec;
    struct iovec part = {"x", 1};
    uint64_t cursor = 0, end;
    int got = 0, late = 0, slept = 0;
    pid_t pid;

    world_open(scratch_path, NULL, &w);
    world_slot(&w, 0);
    pid = fork();
    if (pid == 0) {
        for (int i = 0; i < RECORDS; i++) {
            while (ring_put(w.ring[0], 1, &part, 1, &end) != RING_OK)
                usleep(10);
            world_ring_writer(&w);
            if (i % 8 == 0)
                while (ring_released(w.ring[0]) < end) /* so that the writer runs dry often */
                    sched_yield();
        }
        _exit(0);
    }
    while (got < RECORDS) {
        struct pollfd bell = {.fd = w.writer_bell, .events = POLLIN};

        if (ring_next(w.ring[0], &cursor, &rec) == RING_OK) {
            got++;
            ring_release(w.ring[0], cursor);
            continue;
        }
        atomic_store_explicit(&w.board->asleep, 1, memory_order_relaxed);
        atomic_thread_fence(memory_order_seq_cst);
        if (ring_tail(w.ring[0]) == cursor) { /* still nothing, and now they know that we sleep */
            slept++;
            if (poll(&bell, 1, 2000) == 0)
                late++;
            rang(w.writer_bell);
        }
        atomic_store_explicit(&w.board->asleep, 0, memory_order_relaxed);
        if (late > 3)
            break;
    }
    waitpid(pid, NULL, 0);
    is_int(got, RECORDS, "all records arrive");
    is_int(late, 0, "no wake-up is lost in %d sleeps", slept);
    world_close(&w);
}

static void clocks(void)
{
    int64_t a = world_ticks_us(), wall = world_now_us();

    usleep(2000);
    ok(world_ticks_us() - a >= 2000, "durations are measured in microseconds");
    ok(world_now_us() > wall && world_now_ms() / 1000 == world_now_us() / 1000000,
       "wall clocks agree");
}

int main(void)
{
    close(scratch());
    life();
    refusals();
    no_bell_is_lost();
    clocks();
    return done_testing();
}
