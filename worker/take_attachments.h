/* take_attachments.h -- one file that belongs to an event, from an envelope, a form or a crash. */
#ifndef QUERN_WORKER_TAKE_ATTACHMENTS_H
#define QUERN_WORKER_TAKE_ATTACHMENTS_H

#include "worker/intake.h"

struct attachment {
    struct text filename, content_type, type; /* as sent; may be absent */
    struct text data;
};

enum attachment_fate {
    ATTACHMENT_TAKEN,    /* a record was added */
    ATTACHMENT_LIMITED,  /* outcome noted */
    ATTACHMENT_TOO_LARGE /* outcome noted */
};
enum attachment_fate take_attachment(struct intake *in, const uint8_t event_id[16],
                                     const struct attachment *file);

#endif
