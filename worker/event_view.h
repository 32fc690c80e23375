/* event_view.h -- a stored event as the API shows it: list rows, details, Sentry's `entries`.
 * The payload's names are the SDK protocol's (snake_case); what goes out is Sentry's serializer shape
 * (camelCase), but for the raw document.
 * Source     getsentry/sentry, api/serializers/models/event.py and the get_api_context of
 *            its interfaces. */
#ifndef QUERN_WORKER_EVENT_VIEW_H
#define QUERN_WORKER_EVENT_VIEW_H

#include "proto/json.h"
#include "proto/record.h"
#include "worker/api_call.h"
#include "worker/stored.h"

/* One element of an event list. `issue` is the one it is shown under. */
void event_write_row(struct api_call *c, int64_t issue, const struct stored_event *e,
                     const struct record_event *r);
/* The whole event; with `neighbours` also nextEventID and previousEventID. */
void event_write_detail(struct api_call *c, int64_t issue, const struct stored_event *e,
                        const struct record_event *r, bool neighbours);

/* "entries":[…] of a payload tree (event_entries.c). */
void event_write_entries(struct buf *out, const struct json *payload, struct arena *a);
/* A stack trace: frames, registers, hasSystemFrames (event_stack.c). */
void event_write_stack(struct buf *out, const char *key, const struct json *stack, struct arena *a);
/* A member of `from`, as it is, under another name; null when absent. */
void event_pass(struct buf *out, const char *key, const struct json *from, const char *member);

#endif
