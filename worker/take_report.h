/* take_report.h -- what users say, as records: from envelope items, the dialog, the REST address.
 */
#ifndef QUERN_WORKER_TAKE_REPORT_H
#define QUERN_WORKER_TAKE_REPORT_H

#include "proto/event.h"
#include "proto/record.h"
#include "worker/intake.h"

/* Add it; project and time are filled in, texts cut to their bounds. */
void take_report(struct intake *in, struct record_feedback *r);
/* A user_report item; `event_id` (may be NULL) of the envelope serves where it names none. NULL:
 * added; else why not. */
const char *take_user_report(struct intake *in, struct text payload, const uint8_t *event_id);
/* A feedback item, which is an event of its own; its id goes to `id`. */
const char *take_feedback_event(struct intake *in, struct text payload,
                                const struct event_context *ctx, uint8_t id[16]);

#endif
