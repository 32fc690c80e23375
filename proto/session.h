/* session.h -- release health items: are they valid, and how many sessions do they speak of?
 * For        counting them into outcomes; quern does not keep release health yet.
 * Source     Sentry's session documentation; Relay's session processing. */
#ifndef QUERN_PROTO_SESSION_H
#define QUERN_PROTO_SESSION_H

#include <stdint.h>

#include "proto/arena.h"
#include "proto/text.h"

struct session_count {
    uint32_t updates;   /* valid session updates, or aggregate rows */
    uint64_t sessions;  /* sessions begun: updates with `init`, sums of aggregates */
    uint32_t invalid;   /* updates or rows that are not */
    const char *reason; /* of the first invalid one: "invalid_json", "timestamp" …; NULL: none */
};

/* A `session` item: one update. `sent_at` (may be absent) corrects the client's clock. */
struct session_count session_read(struct text payload, struct text sent_at, int64_t received_us,
                                  struct arena *a);
/* A `sessions` item: aggregates. */
struct session_count sessions_read(struct text payload, struct text sent_at, int64_t received_us,
                                   struct arena *a);

#endif
