/* take_minidump.h -- the event that a crash dump stands for. */
#ifndef QUERN_WORKER_TAKE_MINIDUMP_H
#define QUERN_WORKER_TAKE_MINIDUMP_H

#include "proto/minidump.h"
#include "worker/take_event.h"

/* `form` says what came along with it; NULL: nothing. */
enum event_fate take_minidump_event(struct intake *in, struct minidump_form *form,
                                    const struct event_context *ctx, struct event *e,
                                    enum event_rc *why);

#endif
