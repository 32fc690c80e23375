/* regroup.h -- stored events and the keys that they have now: which issues become one, which fall
 * apart.
 * For        `quern regroup`.
 * Ownership  struct regroup owns what it holds; free it once.
 * Purity     no I/O but printing what was found. */
#ifndef QUERN_MASTER_REGROUP_H
#define QUERN_MASTER_REGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/group.h"
#include "proto/text.h"

enum {
    REGROUP_PARTS_MAX = 256, /* issues that become one */
    REGROUP_HASHES_MAX = 100 /* of one part: as many as one unmerge takes */
};

struct regroup_event {
    uint64_t seq;
    uint32_t issue, group;
    uint8_t stored[16]; /* the hash it is stored under */
    uint8_t keys[GROUP_HASHES_MAX][16];
    uint32_t key_count;
};

/* The events of one issue that fall into one group. */
struct regroup_part {
    uint32_t issue, group;
    uint32_t first, events; /* of the array of events */
    uint32_t siblings;      /* parts of the same issue, this one included */
    bool home;              /* the group that the issue's number stays with */
    bool separable; /* no stored hash of these events is that of other events of the issue */
    uint8_t hashes[REGROUP_HASHES_MAX][16]; /* stored ones, of a part that leaves */
    uint32_t hash_count;
};

struct regroup_slot; /* key → group */

struct regroup {
    struct regroup_event *events; /* after regroup_assign: by group, then by issue */
    uint32_t count, room, unreadable;
    struct regroup_slot *slots;
    uint64_t slot_room;         /* a power of two */
    struct regroup_part *parts; /* in the order of the events */
    uint32_t part_count, issue_count, group_count;
    bool failed; /* out of memory */
};

void regroup_init(struct regroup *g);
void regroup_free(struct regroup *g);
/* An event, in any order. `stored`: 32 hex digits. */
void regroup_event(struct regroup *g, uint64_t seq, uint32_t issue, struct text stored,
                   const struct group_result *keys);
/* After the last event: groups and parts. False: out of memory. */
bool regroup_assign(struct regroup *g);
bool regroup_changes(const struct regroup *g);
/* The parts of the group that begins at `part` end before the one returned. */
uint32_t regroup_group_end(const struct regroup *g, uint32_t part);
/* Keys that events of the group have now, at most `room`; none when all events keep theirs and
 * nothing is merged or split. */
uint32_t regroup_new_keys(const struct regroup *g, uint32_t from, uint32_t end, uint8_t (*out)[16],
                          uint32_t room);

void regroup_print_merges(const struct regroup *g, FILE *out, bool as_json);
void regroup_print_splits(const struct regroup *g, FILE *out, bool as_json);

#endif
