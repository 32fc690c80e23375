/* index_table.h -- one table file of the fingerprint index; index.c alone uses it.
 * A slot is three words, taken one after the other by compare-and-swap: lo (0 → key), hi (0 → key),
 * value (empty → claim). Keys are never taken back, so a key that is in the table is found by every
 * later probe in one and only one slot. Whoever meets a slot whose lo is its own and whose hi is
 * still 0 puts its own hi there: either it completes its own key for a process that died, or it
 * wins the slot from a different key with the same lo, which then goes on probing. */
#ifndef QUERN_SHM_INDEX_TABLE_H
#define QUERN_SHM_INDEX_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "shm/index.h"
#include "shm/region.h"

struct index_slot {
    _Atomic uint64_t lo, hi; /* once, from 0: workers and writer */
    _Atomic uint64_t value; /* empty → claim: workers; claim → empty: master; else the writer */
    uint64_t unused;
};
_Static_assert(sizeof(struct index_slot) == 32, "index slot v1");

struct index_table {
    struct region region;
    struct index_slot *slot;
    _Atomic uint64_t *used; /* add: whoever takes a lo */
    uint64_t slots;
    uint64_t salt;
};

int table_create(int dir_fd, uint64_t number, uint64_t slots, uint64_t salt,
                 struct index_table *out);
int table_open(int dir_fd, uint64_t number, uint64_t slots, uint64_t salt, struct index_table *out);
void table_close(struct index_table *t);
void table_unlink(int dir_fd, uint64_t number);
void table_unlink_others(int dir_fd, uint64_t number);

bool table_find(const struct index_table *t, struct index_key key, bool only_live, uint32_t *issue);
enum index_rc table_claim(struct index_table *t, struct index_key key, uint32_t slot,
                          uint32_t generation, uint32_t proposed, uint32_t *issue);
bool table_set(struct index_table *t, struct index_key key, uint32_t issue); /* false: no slot */
void table_forget(struct index_table *t, struct index_key key);
void table_forget_all(struct index_table *t);
/* False: one of them found no slot. */
bool table_copy_live(struct index_table *to, const struct index_table *from);
uint64_t table_sweep(struct index_table *t, uint32_t slot, uint32_t generation);
struct index_load table_load(const struct index_table *t);
uint64_t table_used(const struct index_table *t);

#endif
