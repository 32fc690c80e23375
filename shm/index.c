#include "shm/index.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "shm/index_table.h"
#include "shm/limits.h"
#include "shm/log.h"
#include "shm/region.h"

#define CONTROL_NAME "index"
#define CONTROL_MAGIC 0x58444e49 /* "INDX" */
#define CONTROL_VERSION 1
#define OPEN_TRIES 16 /* a table is replaced while we open it: seldom twice */

struct control { /* the file "index": which table file is the one */
    struct region_stamp stamp;
    _Alignas(64) _Atomic uint64_t table; /* writer: number << 8 | log2 of its slots; see word_of */
    _Alignas(64) _Atomic uint32_t issue; /* add: workers, max: writer; the last number given out */
};
_Static_assert(sizeof(struct control) == 192, "index control v1");

struct index {
    struct region region;
    struct control *control;
    int dir_fd;    /* the caller's */
    uint64_t word; /* which table is mapped */
    struct index_table table;
};

/* ---- the control word ---- */

static uint64_t word_of(uint64_t number, uint64_t slots)
{
    return number << 8 | (uint64_t)__builtin_ctzll(slots);
}

static uint64_t number_of(uint64_t word)
{
    return word >> 8;
}

/* 0: the word is damaged. */
static uint64_t slots_of(uint64_t word)
{
    uint64_t slots = (word & 0xff) < 64 ? UINT64_C(1) << (word & 0xff) : 0;

    return slots >= INDEX_SLOTS_MIN && slots <= INDEX_SLOTS_MAX ? slots : 0;
}

static uint64_t current(const struct index *x)
{
    /* Acquire, pairs with the release in publish(): the table's file is there and filled. */
    return atomic_load_explicit(&x->control->table, memory_order_acquire);
}

/* Hash tables with known places invite long probes; the incarnation is known to nobody outside. */
static uint64_t salt(const struct index *x)
{
    return region_incarnation(&x->region);
}

static int open_table(const struct index *x, uint64_t word, struct index_table *out)
{
    uint64_t slots = slots_of(word);

    return slots ? table_open(x->dir_fd, number_of(word), slots, salt(x), out) : -ESTALE;
}

/* Release, pairs with current(). The files of older tables may go: their mappings live on. */
static void publish(struct index *x, uint64_t word, struct index_table *table)
{
    atomic_store_explicit(&x->control->table, word, memory_order_release);
    table_close(&x->table);
    x->table = *table;
    x->word = word;
    table_unlink_others(x->dir_fd, number_of(word));
}

/* 0; -EAGAIN: a key found no slot in the new table; else the system's refusal. */
static int replace(struct index *x, uint64_t slots, bool copy)
{
    uint64_t number = number_of(current(x)) + 1;
    struct index_table table;
    int rc = table_create(x->dir_fd, number, slots, salt(x), &table);

    if (rc != 0)
        return rc;
    if (copy && !table_copy_live(&table, &x->table)) {
        table_close(&table);
        table_unlink(x->dir_fd, number);
        return -EAGAIN;
    }
    publish(x, word_of(number, slots), &table);
    return 0;
}

/* ---- opening ---- */

static int open_current(struct index *x, uint64_t slots, bool *fresh)
{
    for (int i = 0; i < OPEN_TRIES && !*fresh; i++) {
        uint64_t word = current(x);
        int rc = open_table(x, word, &x->table);

        if (rc == 0) {
            x->word = word;
            return 0;
        }
        if (rc != -ENOENT && rc != -ESTALE)
            return rc;
        if (current(x) == word) {
            log_warn("index.lost", "table=%llu: damaged or gone, made anew",
                     (unsigned long long)number_of(word));
            *fresh = true;
        }
    }
    return *fresh ? replace(x, slots, false) : -EAGAIN;
}

int index_open(int dir_fd, uint64_t slots, struct index **out, bool *fresh)
{
    struct index *x;
    int rc;

    assert(slots >= INDEX_SLOTS_MIN && slots <= INDEX_SLOTS_MAX && (slots & (slots - 1)) == 0);
    if (!(x = calloc(1, sizeof(*x))))
        return -ENOMEM;
    x->dir_fd = dir_fd;
    rc = region_ensure(dir_fd, CONTROL_NAME, CONTROL_MAGIC, CONTROL_VERSION,
                       REGION_LAYOUT(sizeof(struct control)), sizeof(struct control), &x->region,
                       fresh);
    if (rc == 0) {
        x->control = x->region.at;
        rc = open_current(x, slots, fresh);
    }
    if (rc != 0) {
        index_close(x);
        return rc;
    }
    *out = x;
    return 0;
}

void index_close(struct index *x)
{
    if (!x)
        return;
    table_close(&x->table);
    region_close(&x->region);
    free(x);
}

bool index_refresh(struct index *x)
{
    uint64_t word = current(x);
    int rc = 0;

    for (int i = 0; i < OPEN_TRIES && word != x->word; i++) {
        uint64_t wanted = word;
        struct index_table table;

        rc = open_table(x, wanted, &table);
        if (rc == 0) {
            table_close(&x->table);
            x->table = table;
            x->word = wanted;
        }
        word = current(x);
        if (rc != 0 && word == wanted)
            break; /* not just replaced under our hands: damaged, or the system refuses */
    }
    if (word != x->word)
        log_warn("index.refresh", "table=%llu error=\"%s\"", (unsigned long long)number_of(word),
                 strerror(-rc));
    return word == x->word;
}

/* ---- keys ---- */

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
    x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
    return x ^ (x >> 32);
}

struct index_key index_key(uint32_t project, const uint8_t hash[16])
{
    uint64_t half[2];
    struct index_key key;

    /* The two halves stay independent and nothing is lost: for one project this is a bijection. */
    memcpy(half, hash, sizeof(half));
    key.lo = mix(half[0] ^ ((uint64_t)project * 0x9e3779b97f4a7c15));
    key.hi = mix(half[1] + project);
    key.lo += !key.lo;
    key.hi += !key.hi;
    return key;
}

bool index_find(const struct index *x, struct index_key key, uint32_t *issue)
{
    return table_find(&x->table, key, false, issue);
}

bool index_find_live(const struct index *x, struct index_key key, uint32_t *issue)
{
    return table_find(&x->table, key, true, issue);
}

enum index_rc index_claim(struct index *x, struct index_key key, uint32_t slot, uint32_t generation,
                          uint32_t *issue)
{
    uint32_t proposed = *issue;

    if (table_find(&x->table, key, false, issue))
        return INDEX_KNOWN;
    if (!proposed)
        proposed = index_next_issue(x);
    return table_claim(&x->table, key, slot, generation, proposed, issue);
}

int index_set(struct index *x, struct index_key key, uint32_t issue)
{
    return table_set(&x->table, key, issue) ? 0 : -ENOSPC;
}

void index_forget(struct index *x, struct index_key key)
{
    table_forget(&x->table, key);
}

int index_grow(struct index *x)
{
    uint64_t slots = x->table.slots;
    int rc;

    do {
        slots *= 2;
        if (slots > INDEX_SLOTS_MAX)
            return -EFBIG;
        rc = replace(x, slots, true);
    } while (rc == -EAGAIN); /* by a freak a run of keys lies closer in the larger table */
    return rc;
}

void index_clear(struct index *x)
{
    int rc = replace(x, x->table.slots, false);

    if (rc != 0) { /* no room for a second table beside the first: empty this one in place */
        log_warn("index.clear", "error=\"%s\"", strerror(-rc));
        table_forget_all(&x->table);
    }
}

uint64_t index_sweep(struct index *x, uint32_t slot, uint32_t generation)
{
    index_refresh(x);
    return table_sweep(&x->table, slot, generation);
}

struct index_load index_load(const struct index *x)
{
    return table_load(&x->table);
}

struct index_load index_size(const struct index *x)
{
    return (struct index_load){.slots = x->table.slots, .used = table_used(&x->table)};
}

bool index_wants_growth(const struct index *x)
{
    return table_used(&x->table) * 10 > x->table.slots * 6;
}

uint32_t index_next_issue(struct index *x)
{
    return atomic_fetch_add_explicit(&x->control->issue, 1, memory_order_relaxed) + 1;
}

void index_reserve(struct index *x, uint32_t issue)
{
    uint32_t last = atomic_load_explicit(&x->control->issue, memory_order_relaxed);

    while (last < issue &&
           !atomic_compare_exchange_weak_explicit(&x->control->issue, &last, issue,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}
