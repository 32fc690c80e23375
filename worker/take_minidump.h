/* take_minidump.h -- the event that a crash dump stands for. */
#ifndef QUERN_WORKER_TAKE_MINIDUMP_H
#define QUERN_WORKER_TAKE_MINIDUMP_H

#include "proto/minidump.h"
#include "worker/take_event.h"

/* What a native SDK has left beside its dump, in MessagePack. Absent: not there. */
struct minidump_notes {
    struct text event;     /* __sentry-event, attachment type event.payload */
    struct text crumbs[2]; /* __sentry-breadcrumb1 and 2, event.breadcrumbs */
};
/* Takes one of them in; false: it is none. */
bool minidump_note(struct minidump_notes *n, struct text name, struct text attachment_type,
                   struct text data);

/* `form` says what came along with the dump; NULL: nothing. */
enum event_fate take_minidump_event(struct intake *in, struct minidump_form *form,
                                    const struct minidump_notes *notes,
                                    const struct event_context *ctx, struct event *e,
                                    enum event_rc *why);

#endif
