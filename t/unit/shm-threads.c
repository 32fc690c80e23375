/* The shared structures between threads of one process: the same code, seen by ThreadSanitizer,
 * which does not look across processes (make SAN=-fsanitize=thread). */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "shm/index.h"
#include "shm/recent.h"
#include "shm/registry.h"
#include "shm/ring.h"
#include "t/lib/scratch.h"
#include "t/lib/tap.h"

#define RECORDS 100000
#define KEYS 300
#define CLAIMERS 3

static int dir;
static _Atomic int stop;

/* ---- ring ---- */

static void *drain(void *arg)
{
    struct ring *r = arg;
    struct ring_record rec;
    uint64_t cursor = 0, sum = 0, n = 0;

    while (n < RECORDS) {
        if (ring_next(r, &cursor, &rec) != RING_OK) {
            sched_yield();
            continue;
        }
        for (size_t i = 0; i < rec.len; i++)
            sum += ((const uint8_t *)rec.body)[i] != (uint8_t)rec.sequence;
        sum += rec.sequence != ++n;
        if (n % 8 == 0 || n == RECORDS)
            ring_release(r, cursor);
    }
    return (void *)(uintptr_t)sum;
}

static void one_puts_one_drains(void)
{
    struct ring *r;
    pthread_t thread;
    uint8_t body[300];
    struct iovec part = {body, 0};
    void *wrong;
    uint64_t end;

    ring_open(dir, "ring", 8192, &r);
    pthread_create(&thread, NULL, drain, r);
    for (uint64_t n = 1; n <= RECORDS; n++) {
        part.iov_len = n % sizeof(body);
        memset(body, (int)n, part.iov_len);
        while (ring_put(r, 1, &part, 1, &end) == RING_FULL)
            sched_yield();
    }
    pthread_join(thread, &wrong);
    is_int((uintptr_t)wrong, 0, "%d records from thread to thread, whole and in order", RECORDS);
    ok(ring_released(r) == end, "all released");
    ring_close(r);
}

/* ---- index ---- */

static struct index *shared_index;
static _Atomic uint32_t number[KEYS];
static _Atomic int differ;

static struct index_key key_of(uint64_t n)
{
    uint64_t hash[2] = {n, n};

    return index_key(1, (const uint8_t *)hash);
}

static void *claim_all(void *arg)
{
    for (uint32_t round = 0; round < 20; round++)
        for (uint32_t n = 0; n < KEYS; n++) {
            uint32_t issue = 0, none = 0;

            index_claim(shared_index, key_of(n), (uint32_t)(uintptr_t)arg, 1, &issue);
            if (!atomic_compare_exchange_strong(&number[n], &none, issue) && none != issue)
                differ++;
        }
    return NULL;
}

static void several_claim(void)
{
    pthread_t thread[CLAIMERS];
    uint32_t issue;
    bool fresh;
    int wrong = 0;

    index_open(dir, 1024, &shared_index, &fresh);
    for (uintptr_t i = 0; i < CLAIMERS; i++)
        pthread_create(&thread[i], NULL, claim_all, (void *)i);
    for (uint32_t n = 0; n < KEYS; n++) /* the writer beside them */
        if (index_find(shared_index, key_of(n), &issue))
            index_set(shared_index, key_of(n), issue);
    for (int i = 0; i < CLAIMERS; i++)
        pthread_join(thread[i], NULL);
    for (uint32_t n = 0; n < KEYS; n++)
        wrong += !index_find(shared_index, key_of(n), &issue) || issue != number[n];
    is_int(differ + wrong, 0, "several claim at once, and end with one number per key");
    index_close(shared_index);
}

/* ---- recent ids and registry: one writes, others read ---- */

static struct recent *shared_recent;
static struct registry *shared_registry;
static _Atomic uint64_t added;

static void id_of(uint64_t n, uint8_t id[16])
{
    uint64_t half[2] = {n, n * 7};

    memcpy(id, half, sizeof(half));
}

static void *look(void *arg)
{
    struct registry_view v = {0};
    uintptr_t wrong = 0;

    while (!stop) {
        uint64_t n = added, seq;
        uint8_t id[16];

        id_of(n, id);
        if (n)
            wrong += !recent_find(shared_recent, 1, id, &seq) || seq != n;
        if (registry_refresh(shared_registry, &v))
            for (uint32_t i = 0; i < v.project_count; i++)
                wrong += v.projects[i].org != v.project_count;
    }
    registry_view_free(&v);
    return (void *)wrong;
}

static void one_writes_others_read(void)
{
    pthread_t thread[2];
    uintptr_t wrong = 0;
    bool fresh;

    recent_open(dir, &shared_recent, &fresh);
    registry_open(dir, &shared_registry, &fresh);
    for (int i = 0; i < 2; i++)
        pthread_create(&thread[i], NULL, look, NULL);
    for (uint64_t n = 1; n <= 20000; n++) {
        uint8_t id[16];

        id_of(n, id);
        recent_add(shared_recent, 1, id, n);
        added = n;
        if (n % 20 == 0) {
            struct registry_draft d;
            uint32_t projects = 1 + (uint32_t)n / 20 % 50;

            registry_draft_init(&d);
            for (uint32_t i = 0; i < projects; i++)
                *registry_draft_project(&d) = (struct reg_project){.id = i + 1, .org = projects};
            registry_publish(shared_registry, &d);
            registry_draft_free(&d);
        }
    }
    stop = 1;
    for (int i = 0; i < 2; i++) {
        void *mine;

        pthread_join(thread[i], &mine);
        wrong += (uintptr_t)mine;
    }
    is_int(wrong, 0, "one writes ids and registries, others read them whole");
    registry_close(shared_registry);
    recent_close(shared_recent);
}

int main(void)
{
    dir = scratch();
    one_puts_one_drains();
    several_claim();
    one_writes_others_read();
    return done_testing();
}
