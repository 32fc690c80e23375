/* take_span.h -- spans and log records of one request on their way into records: scrubbed, packed; the
 * exceptions on them go the way of every error event.
 * For        take_otlp.c, take_envelope.c. Adds to the intake, appends and answers nothing.
 * Ownership  what is added need not outlive the call, but resources and scopes must stay until the end. */
#ifndef QUERN_WORKER_TAKE_SPAN_H
#define QUERN_WORKER_TAKE_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/attr.h"
#include "proto/logrec.h"
#include "proto/span.h"
#include "worker/intake.h"

/* Events made of one request's spans: a storm must not stall the loop. */
#define SPAN_ERRORS_MAX 256

struct span_work {
    struct intake *in;
    const struct attr_filter *filter;
    uint32_t spans, logs;
    uint8_t (*seen)[16]; /* ids of the events made so far */
    uint32_t seen_count;
    bool failed; /* no memory */
};

/* False: no memory; not answered. */
bool span_work_begin(struct span_work *k, struct intake *in);
/* The request's own, begun when first asked for, ended by intake_commit. NULL: no memory. */
struct span_work *span_work_of(struct intake *in);
void span_work_span(struct span_work *k, const struct span *s);
void span_work_log(struct span_work *k, const struct logrec *l);
/* Finish the last records. False: the request takes too much memory; not answered. */
bool span_work_end(struct span_work *k);

#endif
