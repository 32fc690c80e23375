/* process.c -- rows of the board, and what /proc says about them. */
#include "worker/process.h"

#include <stdio.h>
#include <string.h>

const char *process_state_word(enum board_state state)
{
    static const char *const WORDS[] = {[BOARD_FREE] = "free",
                                        [BOARD_STARTING] = "starting",
                                        [BOARD_READY] = "ready",
                                        [BOARD_DRAINING] = "draining",
                                        [BOARD_DEAD] = "dead"};

    return (unsigned)state < sizeof WORDS / sizeof *WORDS ? WORDS[state] : "unknown";
}

/* Proportional: pages shared by n processes count 1/n in each, so that the sum over all is true. */
static void read_memory(struct process *p)
{
    char path[64], line[256];
    long long kib;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%u/smaps_rollup", p->pid);
    if (!(f = fopen(path, "re")))
        return;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "Pss: %lld kB", &kib) == 1)
            p->pss_kib = kib;
        else if (sscanf(line, "Rss: %lld kB", &kib) == 1)
            p->rss_kib = kib;
    }
    fclose(f);
}

static void read_ring(const struct world *world, struct process *p)
{
    const struct ring *r = p->slot < WORLD_SLOTS ? world->ring[p->slot] : NULL;

    if (!r)
        return;
    p->ring_lag = (int64_t)(ring_tail(r) - ring_released(r));
    p->ring_room = (int64_t)ring_bytes(r);
}

uint32_t process_list(const struct world *world, bool memory, struct process *out, uint32_t room)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < BOARD_ROWS && n < room; i++) {
        const struct board_row *row = &world->board->row[i];
        uint32_t pid = atomic_load_explicit(&row->pid, memory_order_acquire);

        if (pid == 0 || atomic_load_explicit(&row->state, memory_order_relaxed) == BOARD_FREE)
            continue;
        out[n] = (struct process){
            .slot = i,
            .pid = pid,
            .generation = atomic_load_explicit(&row->generation, memory_order_relaxed),
            .restarts = atomic_load_explicit(&row->restarts, memory_order_relaxed),
            .role = (enum role)atomic_load_explicit(&row->role, memory_order_relaxed),
            .state = (enum board_state)atomic_load_explicit(&row->state, memory_order_relaxed),
            .started_ms = atomic_load_explicit(&row->started_ms, memory_order_relaxed),
            .beat_ms = atomic_load_explicit(&row->beat_ms, memory_order_relaxed),
            .pss_kib = -1,
            .rss_kib = -1,
            .ring_lag = -1,
        };
        read_ring(world, &out[n]);
        if (memory)
            read_memory(&out[n]);
        n++;
    }
    return n;
}
