#include "shm/index_table.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/limits.h"
#include "shm/log.h"

#define TABLE_MAGIC 0x4c425458 /* "XTBL" */
#define TABLE_VERSION 1

struct head {
    struct region_stamp stamp;
    _Alignas(64) _Atomic uint64_t used;
    uint8_t rest[56];
};
_Static_assert(sizeof(struct head) == 128, "index table v1");

/* ---- values: state 2 bits | 30 bits | issue 32 bits ----
 * A claim's 30 bits are generation (22) and slot (8), a live value's are a check over key and
 * issue. */

#define STATE_EMPTY UINT64_C(0)
#define STATE_CLAIM UINT64_C(1)
#define STATE_LIVE UINT64_C(2)
#define GENERATION_MASK ((UINT64_C(1) << 22) - 1)

static uint64_t value_claim(uint32_t issue, uint32_t slot, uint32_t generation)
{
    return STATE_CLAIM << 62 | (generation & GENERATION_MASK) << 40 |
           (uint64_t)(slot & 0xff) << 32 | issue;
}

static uint64_t value_live(struct index_key key, uint32_t issue)
{
    uint64_t check = (key.lo ^ issue) * 0x9e3779b97f4a7c15;

    check = (check ^ (check >> 32) ^ key.hi) * 0xd6e8feb86659fd93;
    return STATE_LIVE << 62 | check >> 34 << 32 | issue;
}

static uint64_t value_state(uint64_t value)
{
    return value >> 62;
}

static bool value_is_by(uint64_t value, uint32_t slot, uint32_t generation)
{
    return value >> 32 == value_claim(0, slot, generation) >> 32;
}

/* What counts as there: a claim, or a live value whose check holds. */
static bool value_holds(uint64_t value, struct index_key key)
{
    if (value_state(value) == STATE_CLAIM)
        return (uint32_t)value != 0;
    if (value == value_live(key, (uint32_t)value))
        return true;
    if (value_state(value) != STATE_EMPTY)
        log_warn("index.damaged", "issue=%u", (uint32_t)value);
    return false;
}

/* ---- files ---- */

static void name_of(char out[32], uint64_t number)
{
    snprintf(out, 32, "index.%llu", (unsigned long long)number);
}

static size_t bytes_of(uint64_t slots)
{
    return sizeof(struct head) + slots * sizeof(struct index_slot);
}

static uint64_t layout(void)
{
    return REGION_LAYOUT(sizeof(struct head), sizeof(struct index_slot));
}

static void attach(struct index_table *t, uint64_t slots, uint64_t salt)
{
    struct head *head = t->region.at;

    t->used = &head->used;
    t->slot = (struct index_slot *)(head + 1);
    t->slots = slots;
    t->salt = salt;
}

int table_create(int dir_fd, uint64_t number, uint64_t slots, uint64_t salt,
                 struct index_table *out)
{
    char name[32];
    int rc;

    name_of(name, number);
    rc = region_create(dir_fd, name, TABLE_MAGIC, TABLE_VERSION, layout(), bytes_of(slots),
                       &out->region);
    if (rc == 0)
        attach(out, slots, salt);
    return rc;
}

int table_open(int dir_fd, uint64_t number, uint64_t slots, uint64_t salt, struct index_table *out)
{
    char name[32];
    int rc;

    name_of(name, number);
    rc = region_open(dir_fd, name, TABLE_MAGIC, TABLE_VERSION, layout(), bytes_of(slots),
                     &out->region);
    if (rc == 0)
        attach(out, slots, salt);
    return rc;
}

void table_close(struct index_table *t)
{
    region_close(&t->region);
    *t = (struct index_table){0};
}

void table_unlink(int dir_fd, uint64_t number)
{
    char name[32];

    name_of(name, number);
    unlinkat(dir_fd, name, 0);
}

/* All but `number`: a writer killed between publishing and unlinking leaves more than one. */
void table_unlink_others(int dir_fd, uint64_t number)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd == -1 ? NULL : fdopendir(fd);
    struct dirent *d;

    if (!dir) {
        if (fd != -1)
            close(fd);
        return;
    }
    while ((d = readdir(dir)))
        if (strncmp(d->d_name, "index.", 6) == 0 && strtoull(d->d_name + 6, NULL, 10) != number)
            unlinkat(dir_fd, d->d_name, 0);
    closedir(dir);
}

/* ---- slots ---- */

static uint64_t load(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

/* Take a word that is 0 for `mine`; true when it is `mine` afterwards, whoever put it there. */
static bool take(_Atomic uint64_t *word, uint64_t mine, bool *first)
{
    uint64_t found = 0;

    *first = atomic_compare_exchange_strong_explicit(word, &found, mine, memory_order_acq_rel,
                                                     memory_order_acquire);
    return *first || found == mine;
}

static struct index_slot *slot_at(const struct index_table *t, struct index_key key, uint64_t step)
{
    uint64_t start = (key.lo ^ t->salt) * 0x9e3779b97f4a7c15 >> 32;

    return &t->slot[(start + step) & (t->slots - 1)];
}

/* The slot that holds the key; NULL: it is not in the table. */
static struct index_slot *find(const struct index_table *t, struct index_key key)
{
    for (uint64_t step = 0; step < INDEX_PROBE_MAX; step++) {
        struct index_slot *s = slot_at(t, key, step);
        uint64_t lo = load(&s->lo);

        if (lo == 0)
            return NULL;
        if (lo == key.lo) {
            uint64_t hi = load(&s->hi);

            if (hi == key.hi)
                return s;
            if (hi == 0)
                return NULL; /* had our key come this way, it would have put its hi here */
        }
    }
    return NULL;
}

/* The slot that holds the key, made if need be; NULL: none free near enough. */
static struct index_slot *find_or_take(struct index_table *t, struct index_key key)
{
    for (uint64_t step = 0; step < INDEX_PROBE_MAX; step++) {
        struct index_slot *s = slot_at(t, key, step);
        uint64_t lo = load(&s->lo);
        bool first;

        if (lo != 0 && lo != key.lo)
            continue;
        if (!take(&s->lo, key.lo, &first))
            continue;
        if (first) /* killed before this line: the count is one short, growth comes a slot later */
            atomic_fetch_add_explicit(t->used, 1, memory_order_relaxed);
        if (take(&s->hi, key.hi, &first))
            return s;
    }
    return NULL;
}

bool table_find(const struct index_table *t, struct index_key key, bool only_live, uint32_t *issue)
{
    struct index_slot *s = find(t, key);
    uint64_t value = s ? load(&s->value) : 0;

    if (!s || !value_holds(value, key) || (only_live && value_state(value) != STATE_LIVE))
        return false;
    *issue = (uint32_t)value;
    return true;
}

enum index_rc table_claim(struct index_table *t, struct index_key key, uint32_t slot,
                          uint32_t generation, uint32_t proposed, uint32_t *issue)
{
    struct index_slot *s = find_or_take(t, key);
    uint64_t value;

    *issue = proposed;
    if (!s)
        return INDEX_FULL;
    value = load(&s->value);
    while (!value_holds(value, key))
        if (atomic_compare_exchange_strong_explicit(&s->value, &value,
                                                    value_claim(proposed, slot, generation),
                                                    memory_order_acq_rel, memory_order_acquire))
            return INDEX_CLAIMED;
    *issue = (uint32_t)value;
    return INDEX_KNOWN;
}

bool table_set(struct index_table *t, struct index_key key, uint32_t issue)
{
    struct index_slot *s = find_or_take(t, key);

    if (s)
        atomic_store_explicit(&s->value, value_live(key, issue), memory_order_release);
    return s != NULL;
}

void table_forget(struct index_table *t, struct index_key key)
{
    struct index_slot *s = find(t, key);

    if (s)
        atomic_store_explicit(&s->value, 0, memory_order_release);
}

void table_forget_all(struct index_table *t)
{
    for (uint64_t i = 0; i < t->slots; i++)
        atomic_store_explicit(&t->slot[i].value, 0, memory_order_release);
}

bool table_copy_live(struct index_table *to, const struct index_table *from)
{
    for (uint64_t i = 0; i < from->slots; i++) {
        const struct index_slot *s = &from->slot[i];
        struct index_key key = {load(&s->lo), load(&s->hi)};
        uint64_t value = load(&s->value);

        if (value_state(value) != STATE_LIVE || !value_holds(value, key))
            continue;
        if (!table_set(to, key, (uint32_t)value))
            return false;
    }
    return true;
}

uint64_t table_sweep(struct index_table *t, uint32_t slot, uint32_t generation)
{
    uint64_t swept = 0;

    for (uint64_t i = 0; i < t->slots; i++) {
        uint64_t value = load(&t->slot[i].value);

        /* Exactly that claim: meanwhile the writer may have made it live. */
        if (value_is_by(value, slot, generation) &&
            atomic_compare_exchange_strong_explicit(&t->slot[i].value, &value, 0,
                                                    memory_order_acq_rel, memory_order_acquire))
            swept++;
    }
    return swept;
}

struct index_load table_load(const struct index_table *t)
{
    struct index_load sum = {.slots = t->slots};

    for (uint64_t i = 0; i < t->slots; i++) {
        sum.used += load(&t->slot[i].lo) != 0;
        sum.claims += value_state(load(&t->slot[i].value)) == STATE_CLAIM;
    }
    return sum;
}

uint64_t table_used(const struct index_table *t)
{
    return atomic_load_explicit(t->used, memory_order_relaxed);
}
