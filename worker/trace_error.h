/* trace_error.h -- the errors that happened in traces: error events by trace id, with the span they
 * happened in and the issue they belong to.
 * For        trace pages and lists, the trace endpoints of Sentry. Query thread.
 * Way        the index of sealed segments, the trail (trail.h) of the one in use. */
#ifndef QUERN_WORKER_TRACE_ERROR_H
#define QUERN_WORKER_TRACE_ERROR_H

#include "worker/stored.h"

#define TRACE_ERRORS_MAX 500 /* of one trace; events are read for them */

struct trace_error {
    struct stored_event at;
    int64_t issue;   /* the one it is shown under */
    uint8_t span[8]; /* zero: none */
    uint8_t level;   /* enum level */
    struct text title, culprit, transaction;
};

/* Those of one trace, of the call's organisation, oldest first; `room` at most. Their number. */
uint32_t trace_errors(struct api_call *c, const uint8_t trace[16], struct trace_error *out,
                      uint32_t room);
/* Where they are, and no more: cheap enough for each row of a list. */
uint32_t trace_error_places(struct api_call *c, const uint8_t trace[16], struct stored_event *out,
                            uint32_t room);

#endif
