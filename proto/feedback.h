/* feedback.h -- what people say about what happened to them: user_report items, feedback events,
 * and the crash report dialog, all as one record.
 * Ownership  texts point into what was read or live in the arena. The caller fills in project,
 *            received_ms, and for feedback events the payload. */
#ifndef QUERN_PROTO_FEEDBACK_H
#define QUERN_PROTO_FEEDBACK_H

#include <stdbool.h>

#include "proto/arena.h"
#include "proto/event.h"
#include "proto/record.h"
#include "proto/text.h"

/* {"event_id","name","email","comments"}. NULL: it is one; else why not. With "missing_event_id" all
 * else is filled in, and event_id is zero. */
const char *feedback_read_report(struct text payload, struct arena *a, struct record_feedback *out);
/* An event of type feedback, after event_fill(): contexts.feedback. */
const char *feedback_of_event(const struct event *e, struct arena *a, struct record_feedback *out);

#endif
