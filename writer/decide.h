/* decide.h -- which issue does an event belong to? The last word on it.
 * Workers propose an issue number from what they find in the shared index; here, at the one place with
 * an order, it is decided: duplicates leave, the first known hash wins, an unknown one makes an issue,
 * further hashes are learnt.
 * decide_issue() chooses and changes nothing; decide_apply() makes it so in the shared tables and the
 * aggregates, and is what recovery runs again for events that the catalogue does not contain yet. */
#ifndef QUERN_WRITER_DECIDE_H
#define QUERN_WRITER_DECIDE_H

#include <stdint.h>

#include "proto/record.h"

struct writer;

enum decision {
    DECIDE_STORE,
    DECIDE_DUPLICATE,
    DECIDE_DISCARDED,  /* its hash was discarded by somebody */
    DECIDE_NO_PROJECT, /* deleted meanwhile */
    DECIDE_TOO_MANY,   /* a new error, and no number or no place in the index is left */
    DECIDE_STALL       /* no room in the shared tables: the disk is full; try again later */
};

/* *issue: a live one, or a number that is free. */
enum decision decide_issue(struct writer *w, const struct record_event *r, uint32_t *issue);
/* False: no room; nothing was changed that a second try would not repeat. */
bool decide_apply(struct writer *w, const struct record_event *r, uint64_t seq, uint32_t issue);
/* The issue's newest event, before this one. */
uint64_t decide_prev_seq(const struct writer *w, uint32_t issue);
/* Make (project, hash) → issue live, growing the index if need be. False: the disk has no room for that. In an
 * index that may not grow the hash is not found from now on, and that is all. */
bool decide_point(struct writer *w, uint32_t project, const uint8_t hash[16], uint32_t issue);
/* The issue's entry is empty, and its number is never given out again in this writer's life (after it,
 * writer.issue_floor sees to that). */
#define DECIDE_GONE 0x01 /* issue_entry.flags */
void decide_delete(struct writer *w, uint32_t issue);

#endif
