/* process.h -- the processes of this server, as the board and /proc show them.
 * For        `quern status` and /metrics. Query thread; reading /proc may take a millisecond. */
#ifndef QUERN_WORKER_PROCESS_H
#define QUERN_WORKER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "shm/world.h"

struct process {
    uint32_t slot, pid, generation, restarts;
    enum role role;
    enum board_state state;
    int64_t started_ms, beat_ms;
    int64_t pss_kib, rss_kib;    /* -1: not to be seen */
    int64_t ring_lag, ring_room; /* workers: bytes appended and not yet released; -1: no ring */
};

/* All rows of the board that are in use, at most `room`; with `memory` their smaps_rollup is read. */
uint32_t process_list(const struct world *world, bool memory, struct process *out, uint32_t room);
const char *process_state_word(enum board_state state);

#endif
