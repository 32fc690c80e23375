/* client_report.h -- what an SDK threw away itself, as outcomes to be counted.
 * Ownership  texts point into the payload or the arena.
 * Errors     a payload that is no JSON object is not a report; entries that make no sense are
 *            skipped.
 * Source     Sentry's client report documentation. */
#ifndef QUERN_PROTO_CLIENT_REPORT_H
#define QUERN_PROTO_CLIENT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/record.h"
#include "proto/text.h"

struct client_report {
    struct record_outcome *outcomes; /* project is the caller's to fill in */
    uint32_t count;
};

/* `received_ms` dates reports that have no timestamp of their own, one in the future, or one long ago. */
bool client_report_read(struct text payload, int64_t received_ms, struct arena *a,
                        struct client_report *out);

#endif
