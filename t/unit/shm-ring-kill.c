/* Producer and consumer of a ring, killed at random moments: a record is whole or absent, in order,
 * exactly once; and what was acknowledged is there.
 * The consumer keeps a "database" as the writer does: it applies a batch and the position in one
 * step, and releases afterwards. */
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

#include "shm/ring.h"
#include "t/lib/scratch.h"
#include "t/lib/tap.h"

#define ROUNDS 300
#define PRODUCERS_MAX (ROUNDS + 2)
#define BYTES 32768 /* small, so that it is often full and often wraps */
#define BODY_MAX 3000

struct body {
    uint32_t producer; /* 1, 2, …: one for each process */
    uint32_t number;   /* 1, 2, … of that producer */
    uint32_t len;      /* of the bytes that follow */
    uint8_t bytes[BODY_MAX];
};

struct state { /* what one transaction changes */
    uint64_t applied, sequence, records;
    uint32_t got[PRODUCERS_MAX]; /* records of each producer */
};

/* Survives every kill, as the database would. */
static struct shared {
    _Atomic uint32_t current; /* which state is the committed one */
    struct state state[2];
    _Atomic uint32_t sent[PRODUCERS_MAX];           /* ring_put said RING_OK */
    _Atomic uint32_t durable_number[PRODUCERS_MAX]; /* … and ring_released reached its end */
    _Atomic uint32_t faults;
    char fault[128];
    _Atomic int finish;
} * shared;

static int dir;

static void fault(const char *what, uint64_t a, uint64_t b)
{
    if (atomic_fetch_add(&shared->faults, 1) == 0)
        snprintf(shared->fault, sizeof(shared->fault), "%s: %llu %llu", what, (unsigned long long)a,
                 (unsigned long long)b);
}

static uint8_t pattern(uint32_t producer, uint32_t number, uint32_t at)
{
    return (uint8_t)(producer * 31 + number * 7 + at);
}

static void produce(uint32_t producer)
{
    uint64_t seed = producer * 0x9e3779b97f4a7c15, end = 0;
    struct ring *r;
    struct body b = {.producer = producer};

    if (ring_open(dir, "ring", BYTES, &r) != 0)
        _exit(1);
    while (!atomic_load(&shared->finish)) {
        struct iovec parts[] = {{&b, 12}, {b.bytes, 0}};

        b.number++;
        b.len = (uint32_t)(dice(&seed) % (dice(&seed) % 8 ? 300 : BODY_MAX));
        for (uint32_t i = 0; i < b.len; i++)
            b.bytes[i] = pattern(producer, b.number, i);
        parts[1].iov_len = b.len;
        while (ring_put(r, (uint16_t)(b.number & 0x7fff), parts, 2, &end) == RING_FULL)
            if (atomic_load(&shared->finish))
                _exit(0);
            else
                usleep(50);
        atomic_store(&shared->sent[producer], b.number);
        if (b.number % 16 == 0 && ring_released(r) >= end) /* seldom; then it is durable */
            atomic_store(&shared->durable_number[producer], b.number);
    }
    _exit(0);
}

static void check(const struct ring_record *rec, struct state *s)
{
    struct body b;

    if (rec->len < 12 || rec->len > sizeof(b)) {
        fault("length", rec->len, 0);
        return;
    }
    memcpy(&b, rec->body, rec->len);
    if (b.len != rec->len - 12 || b.producer >= PRODUCERS_MAX || rec->kind != (b.number & 0x7fff)) {
        fault("header", b.producer, b.number);
        return;
    }
    for (uint32_t i = 0; i < b.len; i++)
        if (b.bytes[i] != pattern(b.producer, b.number, i)) {
            fault("bytes", b.producer, b.number);
            return;
        }
    if (b.number != s->got[b.producer] + 1)
        fault("number", b.number, s->got[b.producer] + 1);
    s->got[b.producer] = b.number;
    if (rec->sequence != s->sequence + 1)
        fault("sequence", rec->sequence, s->sequence + 1);
    s->sequence = rec->sequence;
    s->records++;
}

/* Until the ring is empty and `finish` is set. */
static void consume(void)
{
    struct ring *r;
    struct ring_record rec;
    enum ring_rc rc = RING_OK;
    uint64_t cursor;
    bool last;

    if (ring_open(dir, "ring", BYTES, &r) != 0)
        _exit(1);
    cursor = shared->state[atomic_load(&shared->current)].applied;
    do {
        uint32_t from = atomic_load(&shared->current);
        struct state *next = &shared->state[!from];

        last = atomic_load(&shared->finish);
        *next = shared->state[from];
        for (int n = 0; n < 20 && (rc = ring_next(r, &cursor, &rec)) != RING_EMPTY; n++) {
            if (rc == RING_TORN)
                fault("torn", cursor, rec.skipped);
            else
                check(&rec, next);
        }
        next->applied = cursor;
        atomic_store(&shared->current, !from); /* COMMIT */
        ring_release(r, cursor);
        if (rc == RING_EMPTY && !last)
            usleep(20);
    } while (!last || rc != RING_EMPTY);
    _exit(0);
}

static pid_t start(uint32_t producer)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (producer)
            produce(producer);
        else
            consume();
    }
    return pid;
}

static void end(pid_t pid, int signal)
{
    if (signal)
        kill(pid, signal);
    waitpid(pid, NULL, 0);
}

int main(void)
{
    struct timespec now;
    uint64_t seed, records;
    struct ring *made;
    uint32_t producers = 1, lost = 0, undurable = 0;
    pid_t producer, consumer;
    struct state *s;

    dir = scratch();
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    clock_gettime(CLOCK_REALTIME, &now);
    seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10)
                          : (uint64_t)now.tv_nsec * 1000003 + (uint64_t)now.tv_sec;
    note("SEED=%llu", (unsigned long long)seed);
    fflush(stdout); /* children must not say it again */
    seed |= 1;

    if (ring_open(dir, "ring", BYTES, &made) != 0)
        return 1;
    ring_close(made);
    producer = start(producers);
    consumer = start(0);
    for (int round = 0; round < ROUNDS; round++) {
        usleep((useconds_t)(dice(&seed) % 6000));
        switch (dice(&seed) % 5) {
        case 0:
        case 1:
            end(producer, SIGKILL);
            producer = start(++producers);
            break;
        case 2:
        case 3:
            end(consumer, SIGKILL);
            consumer = start(0);
            break;
        default:
            kill(producer, SIGKILL);
            end(consumer, SIGKILL);
            end(producer, 0);
            consumer = start(0);
            producer = start(++producers);
        }
    }
    atomic_store(&shared->finish, 1);
    end(producer, 0);
    end(consumer, 0);
    consumer = start(0); /* whatever was put after the last look */
    end(consumer, 0);

    s = &shared->state[atomic_load(&shared->current)];
    records = s->records;
    for (uint32_t i = 1; i <= producers; i++) {
        /* One more than acknowledged may be there: killed between the put and our note of it. */
        uint32_t sent = atomic_load(&shared->sent[i]);

        if (s->got[i] < sent || s->got[i] > sent + 1) {
            note("producer %u: sent %u, got %u", i, sent, s->got[i]);
            lost++;
        }
        undurable += s->got[i] < atomic_load(&shared->durable_number[i]);
    }
    is_int(atomic_load(&shared->faults), 0, "every record whole, in order, in sequence, once");
    if (shared->fault[0])
        note("%s", shared->fault);
    is_int(lost, 0, "every acknowledged record of %u producers arrived", producers);
    is_int(undurable, 0, "what ring_released called durable was");
    ok(records > ROUNDS, "%llu records through %d kills", (unsigned long long)records, ROUNDS);
    return done_testing();
}
