/* The fingerprint index under several processes, killed at random moments.
 * claim   workers claim the same keys at once: one number per key, whoever dies where.
 * whole   with the writer (who sets live and grows) and master (who sweeps after the dead): every
 * key ends live with the number the writer decided, no claim of the dead stays. */
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

#include "shm/index.h"
#include "shm/limits.h"
#include "t/lib/scratch.h"
#include "t/lib/tap.h"

#define WORKERS 4
#define KILLS 150
#define KEYS_AT_ONCE 100 /* new keys come into play before each kill */
#define KEYS (KEYS_AT_ONCE * (KILLS + 1))

static struct shared {
    _Atomic uint32_t number[WORKERS][KEYS]; /* what a worker was told; "whole": what it sent */
    _Atomic uint32_t decided[KEYS];         /* writer */
    _Atomic uint32_t in_play;               /* keys below this one */
    _Atomic uint32_t faults;
    _Atomic int finish;
} * shared;

static int dir;
static uint64_t seed;

static struct index_key key_of(uint32_t n)
{
    uint64_t hash[2] = {n, ~(uint64_t)n};

    return index_key(7, (const uint8_t *)hash);
}

static struct index *open_index(void)
{
    struct index *x;
    bool fresh;

    if (index_open(dir, INDEX_SLOTS_MIN, &x, &fresh) != 0)
        _exit(1);
    return x;
}

static void work(uint32_t worker, uint32_t generation, bool whole)
{
    uint64_t state = generation * 0x9e3779b97f4a7c15 + worker;
    struct index *x = open_index();

    while (!atomic_load(&shared->finish)) {
        uint32_t in_play = atomic_load(&shared->in_play), issue = 0, told;
        /* Mostly the newest keys, so that kills fall where claims are made. */
        uint32_t n = dice(&state) % 4 ? in_play - 1 - (uint32_t)(dice(&state) % KEYS_AT_ONCE)
                                      : (uint32_t)(dice(&state) % in_play);
        enum index_rc rc;

        index_refresh(x);
        if (index_find(x, key_of(n), &issue))
            rc = INDEX_KNOWN;
        else
            rc = index_claim(x, key_of(n), worker, generation, &issue);
        if (!issue)
            atomic_fetch_add(&shared->faults, 1);
        if (whole) {
            atomic_store(&shared->number[worker][n], issue); /* the record */
        } else if (rc != INDEX_FULL) {
            told = atomic_exchange(&shared->number[worker][n], issue);
            if (told && told != issue)
                atomic_fetch_add(&shared->faults, 1);
        }
    }
    _exit(0);
}

/* The first number that arrives for a key is the one. */
static void decide(struct index *x, uint32_t n, uint32_t issue)
{
    if (!atomic_load(&shared->decided[n]))
        atomic_store(&shared->decided[n], issue);
    while (index_wants_growth(x) || index_set(x, key_of(n), atomic_load(&shared->decided[n])) != 0)
        if (index_grow(x) != 0) {
            atomic_fetch_add(&shared->faults, 1);
            return;
        }
}

static void write_all(void)
{
    struct index *x = open_index();
    bool last;

    for (uint32_t n = 0; n < KEYS; n++) /* a writer's start: what the catalogue knows is live */
        if (atomic_load(&shared->decided[n]))
            decide(x, n, 0);
    do {
        last = atomic_load(&shared->finish);
        for (uint32_t w = 0; w < WORKERS; w++)
            for (uint32_t n = 0; n < KEYS; n++) {
                uint32_t issue = atomic_exchange(&shared->number[w][n], 0);

                if (issue)
                    decide(x, n, issue);
            }
        if (!last)
            usleep(200);
    } while (!last);
    _exit(0);
}

static pid_t start(uint32_t worker, uint32_t generation, bool whole)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (worker < WORKERS)
            work(worker, generation, whole);
        write_all();
    }
    return pid;
}

static void kill_and_wait(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void claim_under_kills(void)
{
    struct index *x = open_index();
    pid_t pid[WORKERS];
    uint32_t generation = 1, differ = 0, told = 0;

    atomic_store(&shared->in_play, KEYS_AT_ONCE);
    while (index_load(x).slots < 2 * KEYS) /* room for all: nothing grows in this part */
        index_grow(x);
    for (uint32_t w = 0; w < WORKERS; w++)
        pid[w] = start(w, generation, false);
    for (int i = 0; i < KILLS; i++) {
        uint32_t w = dice(&seed) % WORKERS;

        usleep(dice(&seed) % 2000);
        atomic_fetch_add(&shared->in_play, KEYS_AT_ONCE);
        usleep(dice(&seed) % 400);
        kill_and_wait(pid[w]);
        pid[w] = start(w, ++generation, false);
    }
    atomic_store(&shared->finish, 1);
    for (uint32_t w = 0; w < WORKERS; w++)
        waitpid(pid[w], NULL, 0);
    index_refresh(x);
    for (uint32_t n = 0; n < KEYS; n++) {
        uint32_t issue = 0;

        index_find(x, key_of(n), &issue);
        for (uint32_t w = 0; w < WORKERS; w++) {
            uint32_t number = atomic_load(&shared->number[w][n]);

            told += number != 0;
            differ += number && number != issue;
        }
    }
    is_int(atomic_load(&shared->faults), 0, "a worker is told the same number every time");
    is_int(differ, 0, "all workers are told the same number");
    ok(told > KEYS, "%u answers compared, after %d kills", told, KILLS);
    index_close(x);
}

static void all_under_kills(void)
{
    struct index *x = open_index();
    struct index_load load;
    pid_t pid[WORKERS + 1];
    uint32_t generation = 1000, of[WORKERS + 1], wrong = 0, decided = 0;
    uint64_t swept = 0;
    bool grown;

    memset(shared, 0, sizeof(*shared));
    atomic_store(&shared->in_play, KEYS_AT_ONCE);
    for (uint32_t w = 0; w <= WORKERS; w++)
        pid[w] = start(w, of[w] = generation, true);
    for (int i = 0; i < KILLS; i++) {
        uint32_t w = dice(&seed) % (WORKERS + 1);

        usleep(dice(&seed) % 2000);
        atomic_fetch_add(&shared->in_play, KEYS_AT_ONCE);
        usleep(dice(&seed) % 400);
        kill_and_wait(pid[w]);
        swept += index_sweep(x, w, of[w]);
        pid[w] = start(w, of[w] = ++generation, true);
    }
    atomic_store(&shared->finish, 1);
    for (uint32_t w = 0; w < WORKERS; w++)
        waitpid(pid[w], NULL, 0);
    waitpid(pid[WORKERS], NULL, 0);
    pid[WORKERS] = start(WORKERS, 0, true); /* what was sent last, or taken by a writer that died */
    waitpid(pid[WORKERS], NULL, 0);
    index_refresh(x);
    for (uint32_t w = 0; w < WORKERS; w++)
        swept += index_sweep(x, w, of[w]);
    load = index_load(x);
    for (uint32_t n = 0; n < KEYS; n++) {
        uint32_t issue = 0, want = atomic_load(&shared->decided[n]);

        decided += want != 0;
        wrong += index_find_live(x, key_of(n), &issue) != (want != 0) || issue != want;
    }
    grown = load.slots > INDEX_SLOTS_MIN;
    is_int(atomic_load(&shared->faults), 0, "every claim got a number, every growth went through");
    is_int(wrong, 0, "every key is live with the number the writer decided");
    is_int(load.claims, 0, "no claim of the dead is left");
    ok(grown && decided > KEYS / 2, "%u keys decided in %llu slots, %llu claims swept", decided,
       (unsigned long long)load.slots, (unsigned long long)swept);
    index_close(x);
}

int main(void)
{
    struct timespec now;

    dir = scratch();
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    clock_gettime(CLOCK_REALTIME, &now);
    seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10)
                          : (uint64_t)now.tv_nsec * 1000003 + (uint64_t)now.tv_sec;
    note("SEED=%llu", (unsigned long long)seed);
    fflush(stdout); /* children must not say it again */
    seed |= 1;
    claim_under_kills();
    scratch_remove_in(dup(dir));
    all_under_kills();
    return done_testing();
}
