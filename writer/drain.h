/* drain.h -- the rings in turn, each record exactly once. */
#ifndef QUERN_WRITER_DRAIN_H
#define QUERN_WRITER_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

struct writer;

enum drained {
    DRAIN_EMPTY,   /* nothing in any ring */
    DRAIN_BATCH,   /* something is in the batch */
    DRAIN_COMMAND, /* at least one ring waits at a command (the batch may hold something, too) */
    DRAIN_FLUSH,   /* the aggregates are full: flush before more */
    DRAIN_STALL    /* the shared tables have no room */
};

/* Open rings that appeared since; true: there were some. */
bool drain_find_rings(struct writer *w);
/* Fill the batch with what is there now. */
enum drained drain_rings(struct writer *w);
/* Is anything left in a ring? */
bool drain_pending(const struct writer *w);

#endif
