#include "shm/recent.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "shm/limits.h"
#include "shm/region.h"

#define RECENT_MAGIC 0x45434552 /* "RECE" */
#define RECENT_VERSION 1
#define BUCKETS RECENT_IDS
#define CHAIN_MAX 256 /* steps of a look-up; ids are random, longer chains are damage */
_Static_assert((RECENT_IDS & (RECENT_IDS - 1)) == 0, "numbers are masked");

/* Additions are numbered 1, 2, …; number n lies in entry n % RECENT_IDS until number n + RECENT_IDS
 * comes. Buckets and chains name entries by the low half of their number, so that a reader who
 * follows an old name sees by the number alone that it is gone: nothing is ever unlinked. */
struct entry { /* all words stored by the writer */
    _Atomic uint64_t id[2];
    _Atomic uint32_t project;
    _Atomic uint32_t next; /* number of the one before in the bucket; 0: none */
    _Atomic uint64_t seq;  /* 0: forgotten */
};
_Static_assert(sizeof(struct entry) == 32, "recent v1");

struct file {
    struct region_stamp stamp;
    _Alignas(64) _Atomic uint64_t added; /* writer: the last number; stored before its entry is */
    _Alignas(64) _Atomic uint32_t bucket[BUCKETS]; /* writer: newest number; 0: none */
    _Alignas(64) struct entry entry[RECENT_IDS];
};

struct recent {
    struct region region;
    struct file *file;
    uint64_t salt; /* so that nobody can choose ids that meet in one bucket */
};

int recent_open(int dir_fd, struct recent **out, bool *fresh)
{
    struct recent *r = calloc(1, sizeof(*r));
    int rc;

    if (!r)
        return -ENOMEM;
    rc = region_ensure(dir_fd, "recent", RECENT_MAGIC, RECENT_VERSION,
                       REGION_LAYOUT(sizeof(struct file), sizeof(struct entry), RECENT_IDS),
                       sizeof(struct file), &r->region, fresh);
    if (rc != 0) {
        free(r);
        return rc;
    }
    r->file = r->region.at;
    r->salt = region_incarnation(&r->region);
    *out = r;
    return 0;
}

void recent_close(struct recent *r)
{
    if (!r)
        return;
    region_close(&r->region);
    free(r);
}

static _Atomic uint32_t *bucket_of(const struct recent *r, uint32_t project, const uint64_t id[2])
{
    uint64_t x = r->salt ^ project;

    for (int i = 0; i < 2; i++) {
        x = (x ^ id[i]) * 0x9e3779b97f4a7c15;
        x ^= x >> 32;
    }
    x *= 0xd6e8feb86659fd93;
    return &r->file->bucket[x >> 32 & (BUCKETS - 1)];
}

static struct entry *entry_at(const struct recent *r, uint32_t number)
{
    return &r->file->entry[number & (RECENT_IDS - 1)];
}

/* Is the entry still the one that was given this number? */
static bool is_kept(const struct recent *r, uint32_t number)
{
    uint64_t added = atomic_load_explicit(&r->file->added, memory_order_relaxed);

    return number && (uint32_t)added - number < RECENT_IDS;
}

static uint64_t relaxed64(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

bool recent_find(const struct recent *r, uint32_t project, const uint8_t id[16], uint64_t *seq)
{
    uint64_t key[2];
    uint32_t number;

    memcpy(key, id, sizeof(key));
    /* Acquire, pairs with the release in recent_add: the entry is whole. */
    number = atomic_load_explicit(bucket_of(r, project, key), memory_order_acquire);
    for (int step = 0; step < CHAIN_MAX && is_kept(r, number); step++) {
        const struct entry *e = entry_at(r, number);
        uint64_t found = relaxed64(&e->seq);
        bool match = relaxed64(&e->id[0]) == key[0] && relaxed64(&e->id[1]) == key[1] &&
                     atomic_load_explicit(&e->project, memory_order_relaxed) == project;
        uint32_t next = atomic_load_explicit(&e->next, memory_order_relaxed);

        /* Pairs with the release fence in recent_add: had any of these words been the next lap's,
         * we would see by `added` that the entry is no longer ours. */
        atomic_thread_fence(memory_order_acquire);
        if (!is_kept(r, number))
            return false;
        if (match && found) {
            *seq = found;
            return true;
        }
        number = next;
    }
    return false;
}

void recent_add(struct recent *r, uint32_t project, const uint8_t id[16], uint64_t seq)
{
    uint64_t key[2], number = relaxed64(&r->file->added) + 1;
    _Atomic uint32_t *bucket;
    struct entry *e;

    memcpy(key, id, sizeof(key));
    if ((uint32_t)number == 0)
        number++; /* 0 means none */
    bucket = bucket_of(r, project, key);
    e = entry_at(r, (uint32_t)number);
    atomic_store_explicit(&r->file->added, number, memory_order_relaxed);
    /* Pairs with the acquire fence in recent_find: whoever reads a word of the new entry also sees
     * that the old one has left. Killed from here on, the entry is in no chain. */
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&e->seq, 0, memory_order_relaxed);
    atomic_store_explicit(&e->id[0], key[0], memory_order_relaxed);
    atomic_store_explicit(&e->id[1], key[1], memory_order_relaxed);
    atomic_store_explicit(&e->project, project, memory_order_relaxed);
    atomic_store_explicit(&e->next, atomic_load_explicit(bucket, memory_order_relaxed),
                          memory_order_relaxed);
    atomic_store_explicit(&e->seq, seq, memory_order_relaxed);
    /* Release, pairs with the acquire in recent_find. */
    atomic_store_explicit(bucket, (uint32_t)number, memory_order_release);
}

void recent_trim(struct recent *r, uint64_t last)
{
    for (uint32_t i = 0; i < RECENT_IDS; i++) {
        struct entry *e = &r->file->entry[i];

        if (relaxed64(&e->seq) > last)
            atomic_store_explicit(&e->seq, 0, memory_order_relaxed);
    }
}

void recent_clear(struct recent *r)
{
    recent_trim(r, 0);
}

uint64_t recent_newest(const struct recent *r)
{
    uint64_t newest = 0;

    for (uint32_t i = 0; i < RECENT_IDS; i++) {
        uint64_t seq = relaxed64(&r->file->entry[i].seq);

        if (seq > newest)
            newest = seq;
    }
    return newest;
}
