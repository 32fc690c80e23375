/* The last event ids: found while they last, gone when they must, read while written. */
#include "shm/recent.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "shm/limits.h"
#include "t/lib/scratch.h"
#include "t/lib/tap.h"

static int dir;

static void id_of(uint64_t n, uint8_t id[16])
{
    uint64_t half[2] = {n * 0x9e3779b97f4a7c15, n};

    memcpy(id, half, 16);
}

static void add(struct recent *r, uint64_t n, uint64_t seq)
{
    uint8_t id[16];

    id_of(n, id);
    recent_add(r, 1, id, seq);
}

static uint64_t find(const struct recent *r, uint64_t n)
{
    uint8_t id[16];
    uint64_t seq;

    id_of(n, id);
    return recent_find(r, 1, id, &seq) ? seq : 0;
}

static void life(void)
{
    struct recent *r;
    uint8_t id[16];
    uint64_t seq;
    int wrong = 0;
    bool fresh;

    is_int(recent_open(dir, &r, &fresh), 0, "made");
    ok(fresh, "fresh");
    is_int(recent_newest(r), 0, "empty");
    is_int(find(r, 1), 0, "nothing is found");
    add(r, 1, 100);
    is_int(find(r, 1), 100, "what was added is found, with its sequence");
    id_of(1, id);
    ok(!recent_find(r, 2, id, &seq), "not in another project");
    recent_add(r, 2, id, 101);
    is_int(find(r, 1), 100, "the same id in two projects is two events");
    add(r, 1, 102);
    is_int(find(r, 1), 102, "added twice: the newest");
    memset(id, 0, 16);
    recent_add(r, 1, id, 103);
    ok(recent_find(r, 1, id, &seq) && seq == 103, "an id of zeros is an id");
    is_int(recent_newest(r), 103, "the highest sequence");
    recent_close(r);

    is_int(recent_open(dir, &r, &fresh), 0, "opened again");
    ok(!fresh && find(r, 1) == 102, "it is all there");
    for (uint64_t n = 1000; n < 1000 + RECENT_IDS; n++)
        add(r, n, n);
    is_int(find(r, 1), 0, "the oldest have left");
    for (uint64_t n = 1000; n < 1000 + RECENT_IDS; n++)
        wrong += find(r, n) != n;
    is_int(wrong, 0, "the last %d are all found", RECENT_IDS);
    add(r, 5, 400000);
    is_int(find(r, 1000), 0, "one comes, one goes");
    is_int(find(r, 1001), 1001, "and not two");

    recent_trim(r, 200000);
    is_int(recent_newest(r), 200000, "trimmed to what was committed");
    is_int(find(r, 200001), 0, "what was not is forgotten");
    is_int(find(r, 200000), 200000, "what was is not");
    add(r, 200001, 200001);
    is_int(find(r, 200001), 200001, "a sequence may be given again after a trim");
    is_int(find(r, 150000), 150000, "older ones are still behind it");
    recent_clear(r);
    is_int(recent_newest(r) + find(r, 150000), 0, "cleared");
    recent_close(r);
}

/* Chains that cross: any number of junk words leads to misses, never out of the table or in
 * circles. */
static void damage(void)
{
    struct recent *r;
    uint64_t state = 777, junk[8];
    off_t size = file_size(dir, "recent");
    int found = 0;
    bool fresh;

    recent_open(dir, &r, &fresh);
    for (uint64_t n = 1; n <= 20000; n++)
        add(r, n, n);
    for (int i = 0; i < 5000; i++) {
        for (int j = 0; j < 8; j++)
            junk[j] = dice(&state);
        file_write(dir, "recent", 64 + (off_t)(dice(&state) % (uint64_t)(size - 128)), junk,
                   sizeof(junk));
    }
    for (uint64_t n = 1; n <= 20000; n++)
        found += find(r, n) == n;
    ok(found > 0 && found < 20000, "%d of 20000 found through junk", found);
    for (uint64_t n = 1; n <= 1000; n++)
        add(r, n, 1000000 + n);
    recent_trim(r, 5);
    recent_clear(r);
    add(r, 1, 7);
    is_int(find(r, 1), 7, "and it works on");
    recent_close(r);
    file_flip(dir, "recent", 1, 1);
    said_begin();
    recent_open(dir, &r, &fresh);
    ok(said_count("region.damaged") == 1 && fresh, "a damaged stamp: fresh, one log line");
    recent_close(r);
}

struct shared {
    _Atomic uint64_t added;
    _Atomic uint64_t looked, missed, wrong;
    _Atomic int stop;
};

#define LOOKS_LEAST 1000

static void read_all_the_time(struct shared *s, uint64_t seed)
{
    struct recent *r;
    bool fresh;

    if (recent_open(dir, &r, &fresh) != 0)
        _exit(1);
    while (!atomic_load(&s->stop)) {
        uint64_t before = atomic_load(&s->added), n, seq, after;

        if (before < RECENT_IDS)
            continue;
        /* Both ends: what was just added, what is just leaving. */
        n = dice(&seed) % 2 ? before - dice(&seed) % 50 : before - RECENT_IDS + dice(&seed) % 5000;
        seq = find(r, n);
        after = atomic_load(&s->added) + 1; /* one may be in the making */
        atomic_fetch_add(&s->looked, 1);
        if (seq && seq != n * 2)
            atomic_fetch_add(&s->wrong, 1);
        if (!seq && after - n < RECENT_IDS)
            atomic_fetch_add(&s->missed, 1);
    }
    _exit(0);
}

static void readers_beside_the_writer(void)
{
    struct shared *s =
        mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct recent *r;
    pid_t pid[2];
    bool fresh;

    recent_open(dir, &r, &fresh);
    for (int i = 0; i < 2; i++)
        if ((pid[i] = fork()) == 0)
            read_all_the_time(s, 99 + (uint64_t)i);
    /* On a busy machine the readers get their turn late. */
    for (uint64_t n = 1;
         n <= 6 * RECENT_IDS || (atomic_load(&s->looked) <= LOOKS_LEAST && n <= 500 * RECENT_IDS);
         n++) {
        add(r, n, n * 2);
        atomic_store(&s->added, n);
    }
    atomic_store(&s->stop, 1);
    for (int i = 0; i < 2; i++)
        waitpid(pid[i], NULL, 0);
    is_int(atomic_load(&s->wrong), 0, "no reader finds a sequence that is not the id's");
    is_int(atomic_load(&s->missed), 0, "nor misses one that was there before and after");
    ok(atomic_load(&s->looked) > LOOKS_LEAST, "%llu look-ups beside the writer",
       (unsigned long long)atomic_load(&s->looked));
    recent_close(r);
}

int main(void)
{
    dir = scratch();
    life();
    damage();
    readers_beside_the_writer();
    return done_testing();
}
