/* counter.h -- statistics per process slot, summed by the reader (counter.tbl lists them).
 * Each process adds in its own cache lines; a slot's figures stay when its process dies, so that
 * sums never run backwards. */
#ifndef QUERN_SHM_COUNTER_H
#define QUERN_SHM_COUNTER_H

#include <stdint.h>

enum counter {
#define X(name, unit, meaning) COUNTER_##name,
#include "shm/counter.tbl"
#undef X
    COUNTERS
};

struct counters;
int counter_open(int dir_fd, struct counters **out);
void counter_close(struct counters *c);
/* slot: worker slots 0 … SLOTS_MAX-1, then COUNTER_SLOT_WRITER, COUNTER_SLOT_NOTIFIER. */
#define COUNTER_SLOT_WRITER 64
#define COUNTER_SLOT_NOTIFIER 65
#define COUNTER_SLOTS 66
void counter_add(struct counters *c, uint32_t slot, enum counter which, uint64_t n);
uint64_t counter_sum(const struct counters *c, enum counter which);
const char *counter_name(enum counter which);
const char *counter_unit(enum counter which);
const char *counter_help(enum counter which);

#endif
