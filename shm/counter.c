#include "shm/counter.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "shm/region.h"

#define COUNTER_MAGIC 0x4e554f43 /* "COUN" */
#define COUNTER_VERSION 1
#define ROW ((COUNTERS + 7) / 8 * 8) /* whole cache lines, so that no two processes share one */

struct row {
    _Alignas(64) _Atomic uint64_t value[ROW]; /* add: threads of the slot's process */
};
struct file {
    struct region_stamp stamp;
    struct row row[COUNTER_SLOTS];
};
_Static_assert(sizeof(struct row) == ROW * 8, "counter rows fill cache lines");

struct counters {
    struct region region;
    struct file *file;
};

static const struct {
    const char *name, *unit, *help;
} table[] = {
#define X(name, unit, meaning) {#name, unit, meaning},
#include "shm/counter.tbl"
#undef X
};

int counter_open(int dir_fd, struct counters **out)
{
    struct counters *c = calloc(1, sizeof(*c));
    bool fresh;
    int rc;

    if (!c)
        return -ENOMEM;
    rc = region_ensure(dir_fd, "counters", COUNTER_MAGIC, COUNTER_VERSION,
                       REGION_LAYOUT(sizeof(struct file), sizeof(struct row), COUNTERS),
                       sizeof(struct file), &c->region, &fresh);
    if (rc != 0) {
        free(c);
        return rc;
    }
    c->file = c->region.at;
    *out = c;
    return 0;
}

void counter_close(struct counters *c)
{
    if (!c)
        return;
    region_close(&c->region);
    free(c);
}

void counter_add(struct counters *c, uint32_t slot, enum counter which, uint64_t n)
{
    if (slot < COUNTER_SLOTS && (unsigned)which < COUNTERS)
        atomic_fetch_add_explicit(&c->file->row[slot].value[which], n, memory_order_relaxed);
}

uint64_t counter_sum(const struct counters *c, enum counter which)
{
    uint64_t sum = 0;

    for (uint32_t slot = 0; slot < COUNTER_SLOTS && (unsigned)which < COUNTERS; slot++)
        sum += atomic_load_explicit(&c->file->row[slot].value[which], memory_order_relaxed);
    return sum;
}

const char *counter_name(enum counter which)
{
    return (unsigned)which < COUNTERS ? table[which].name : "";
}

const char *counter_unit(enum counter which)
{
    return (unsigned)which < COUNTERS ? table[which].unit : "";
}

const char *counter_help(enum counter which)
{
    return (unsigned)which < COUNTERS ? table[which].help : "";
}
