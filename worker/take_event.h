/* take_event.h -- one error event through the mill, wherever it came from: read, scrub, filter,
 * group, name, find its issue, and make its record. Adds to the intake, appends and answers
 * nothing. */
#ifndef QUERN_WORKER_TAKE_EVENT_H
#define QUERN_WORKER_TAKE_EVENT_H

#include "proto/event.h"
#include "worker/intake.h"

enum event_fate {
    EVENT_TAKEN,       /* a record was added */
    EVENT_LIMITED,     /* the limit was reached: outcome noted */
    EVENT_FILTERED,    /* an inbound filter: outcome noted */
    EVENT_UNPROCESSED, /* a transaction that is none: outcome noted, no fault of the request */
    EVENT_INVALID      /* no JSON object and the like: outcome noted, *why says what */
};

/* What the request says about all its events. `envelope_id`, `sent_at`, `sdk`: of an envelope's
 * header, else absent. */
struct event_context event_context_of(struct intake *in);

/* From JSON text. `e` holds the event afterwards; its id is set in any case but EVENT_INVALID. */
enum event_fate take_event_json(struct intake *in, struct text json,
                                const struct event_context *ctx, struct event *e,
                                enum event_rc *why);
/* From a tree that was made here (security report, minidump). */
enum event_fate take_event_tree(struct intake *in, struct json *root,
                                const struct event_context *ctx, struct event *e,
                                enum event_rc *why);
/* 16 random bytes in the form of a version 4 UUID. */
void event_new_id(uint8_t id[16]);

#endif
