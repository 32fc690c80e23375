#include "writer/listed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define KEYS 4096u /* an entry is touched when its key is full */
#define BITS 4096u /* two for each value: one of 75 others seems to be listed */

struct entry {
    uint64_t bit[BITS / 64];
};

struct listed {
    uint64_t key[KEYS]; /* 0: none; beside the entries, so that a miss touches nothing else */
    struct entry *entries;
};

struct listed *listed_new(void)
{
    struct listed *l = calloc(1, sizeof(*l));
    void *at = mmap(NULL, KEYS * sizeof(struct entry), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (!l || at == MAP_FAILED) {
        free(l);
        if (at != MAP_FAILED)
            munmap(at, KEYS * sizeof(struct entry));
        return NULL;
    }
    l->entries = at;
    return l;
}

void listed_free(struct listed *l)
{
    if (!l)
        return;
    munmap(l->entries, KEYS * sizeof(struct entry));
    free(l);
}

void listed_clear(struct listed *l)
{
    memset(l->key, 0, sizeof(l->key));
    madvise(l->entries, KEYS * sizeof(struct entry), MADV_DONTNEED);
}

uint64_t listed_key(uint32_t table, uint32_t owner, uint64_t key_hash)
{
    uint64_t h = (key_hash ^ ((uint64_t)table << 32 | owner)) * 0x9e3779b97f4a7c15ULL;

    h = (h ^ h >> 32) * 0xd6e8feb86659fd93ULL;
    return (h ^ h >> 32) | 1; /* never 0 */
}

static uint32_t place(uint64_t key)
{
    return (uint32_t)(key >> 32) & (KEYS - 1);
}

static bool has(const struct entry *e, uint32_t bit)
{
    return e->bit[bit % BITS / 64] >> bit % 64 & 1;
}

static void set(struct entry *e, uint32_t bit)
{
    e->bit[bit % BITS / 64] |= UINT64_C(1) << bit % 64;
}

bool listed_knows(const struct listed *l, uint64_t key)
{
    return l->key[place(key)] == key;
}

bool listed_excludes(const struct listed *l, uint64_t key, uint64_t value_hash)
{
    const struct entry *e = &l->entries[place(key)];

    return listed_knows(l, key) &&
           !(has(e, (uint32_t)value_hash) && has(e, (uint32_t)(value_hash >> 32)));
}

void listed_begin(struct listed *l, uint64_t key)
{
    l->key[place(key)] = key;
    memset(&l->entries[place(key)], 0, sizeof(*l->entries));
}

void listed_add(struct listed *l, uint64_t key, uint64_t value_hash)
{
    struct entry *e = &l->entries[place(key)];

    set(e, (uint32_t)value_hash);
    set(e, (uint32_t)(value_hash >> 32));
}
