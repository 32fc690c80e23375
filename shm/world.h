/* world.h -- all shared structures of one data folder, opened together.
 * Made by master before it forks; children inherit mappings and descriptors. The tools open it too
 * (under the folder's lock) when no server runs. */
#ifndef QUERN_SHM_WORLD_H
#define QUERN_SHM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "shm/board.h"
#include "shm/bucket.h"
#include "shm/counter.h"
#include "shm/index.h"
#include "shm/issue.h"
#include "shm/mailbox.h"
#include "shm/recent.h"
#include "shm/registry.h"
#include "shm/ring.h"

#define WORLD_SLOTS 64

struct world {
    char dir[4096]; /* data folder, absolute */
    int dir_fd;
    int shm_fd; /* DATA/shm, where the region files lie */
    struct board *board;
    struct counters *counters;
    struct index *index;
    struct issue_table *issues;
    struct registry *registry;
    struct bucket_table *buckets;
    struct recent *recent;
    struct ring *ring[WORLD_SLOTS]; /* NULL: not opened in this process yet */
    struct mailbox *mailbox[WORLD_SLOTS];
    struct ring *notices;         /* writer → notifier */
    int writer_bell;              /* eventfd: something is in a ring */
    int worker_bell[WORLD_SLOTS]; /* eventfd: a commit, or mail */
    int notifier_bell;
    /* made anew at this start: the writer rebuilds */
    bool fresh_index, fresh_recent, fresh_registry;
};

/* Open or make everything under `dir` (which exists). Rings: those that are there already; a
 * worker's is made by world_slot. Bells are made unless `bells` hands down those of an older
 * binary: WORLD_BELLS descriptors, workers' first, then writer's, then notifier's. 0 or a negative
 * errno. */
#define WORLD_BELLS (WORLD_SLOTS + 2)
int world_open(const char *dir, const int *bells, struct world *out);
void world_close(struct world *w);
/* Open or make ring and mailbox of a slot in this process. */
int world_slot(struct world *w, uint32_t slot);
/* Does slot's ring file exist in the folder? (writer: rings that appeared since) */
bool world_slot_exists(const struct world *w, uint32_t slot);
/* After a put: wake the writer if it sleeps. No system call when it does not. */
void world_ring_writer(struct world *w);
void world_ring_worker(struct world *w, uint32_t slot);
void world_ring_notifier(struct world *w);

int64_t world_now_ms(void); /* CLOCK_REALTIME */
int64_t world_now_us(void);
int64_t world_ticks_us(void); /* CLOCK_MONOTONIC, for durations */

#endif
