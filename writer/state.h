/* state.h -- what an event does to the state of its issue: reopen a resolved one, wake an ignored one.
 * Deciding needs what the shared issue table has no room for (the release it was fixed in, the
 * conditions of an archive): it is read from the catalogue and kept, until a command changes anything.
 * All times are those of the records, so that the blocks, run through again, decide the same. */
#ifndef QUERN_WRITER_STATE_H
#define QUERN_WRITER_STATE_H

#include <stdint.h>

#include "proto/record.h"

struct writer;
struct states;

enum state_change {
    STATE_SAME,
    STATE_REGRESSED, /* was resolved */
    STATE_UNIGNORED, /* a condition of its archiving was met */
    STATE_ESCALATING /* was archived until it escalates, and does */
};

struct states *states_new(void);
void states_free(struct states *s);
/* What is kept is read again: a command has run. Counts within windows go on. */
void states_clear(struct states *s);
/* Decide, for an issue that is not open. */
enum state_change state_on_event(struct writer *w, uint32_t issue, const struct record_event *r);

#endif
