/* take_attachments.c -- files for an event: small ones through the ring, large ones to a file
 * first. */
#include "worker/take_attachments.h"

#include <string.h>

#include "proto/envelope.h"
#include "proto/hex.h"
#include "proto/limits.h"
#include "proto/multipart.h"
#include "worker/context.h"
#include "worker/take.h"

/* The ring must be able to hold everything of one request at once. */
static bool goes_inline(const struct intake *in, size_t size)
{
    return size <= ATTACHMENT_INLINE_MAX && in->inline_bytes + size <= INLINE_TOTAL_MAX;
}

enum attachment_fate take_attachment(struct intake *in, const uint8_t event_id[16],
                                     const struct attachment *file)
{
    struct record_attachment r = {.project = in->key->project,
                                  .received_ms = in->now_us / 1000,
                                  .name = envelope_filename(file->filename, in->arena),
                                  .content_type = text_clip(file->content_type, CONTENT_TYPE_MAX),
                                  .type = text_clip(file->type, CONTENT_TYPE_MAX),
                                  .size = file->data.len};
    struct buf out;

    if (file->data.len > in->w->conf->attachment_max) {
        intake_outcome(in, OUTCOME_INVALID, "attachment", "too_large:attachment", 1);
        worker_count(in->w, COUNTER_items_invalid, 1);
        return ATTACHMENT_TOO_LARGE;
    }
    if (!intake_take(in, BUCKET_ATTACHMENT, 1)) {
        intake_outcome(in, OUTCOME_RATE_LIMITED, "attachment", limit_reason(&in->hits), 1);
        return ATTACHMENT_LIMITED;
    }
    memcpy(r.event_id, event_id, sizeof r.event_id);
    if (goes_inline(in, file->data.len)) {
        r.data = file->data;
        in->inline_bytes += file->data.len;
    } else {
        r.file = text_of(intake_file(in, file->data));
    }
    buf_init(&out, in->arena, r.data.len + 512, RECORD_MAX);
    record_attachment_write(&out, &r);
    intake_add(in, RECORD_ATTACHMENT, buf_result(&out));
    return ATTACHMENT_TAKEN;
}

/* POST /api/P/events/{event_id}/attachments/: every file of the form is one. */
void take_attachments(struct intake *in)
{
    enum multipart_rc rc = MULTIPART_BAD;
    struct multipart_part part;
    uint32_t taken = 0, large = 0;
    uint8_t event_id[16];
    struct multipart m;
    struct text boundary;

    if (!intake_claim(in))
        return;
    if (!uuid_read(in->vars.event, event_id)) {
        intake_refuse(in, 400, "invalid event id", NULL);
        return;
    }
    if (!multipart_boundary(in->headers.content_type, &boundary)) {
        intake_refuse(in, 400, "invalid multipart data", "missing boundary");
        return;
    }
    if (!intake_admit(in, BUCKET_ATTACHMENT) || !intake_body(in))
        return;
    m = multipart_start(in->body, boundary);
    while ((rc = multipart_next(&m, in->arena, &part)) == MULTIPART_PART) {
        struct attachment file = {part.filename, part.content_type, TEXT_NONE, part.data};
        enum attachment_fate fate;

        if (!part.filename.at)
            continue; /* a form field */
        fate = take_attachment(in, event_id, &file);
        taken += fate == ATTACHMENT_TAKEN;
        large += fate == ATTACHMENT_TOO_LARGE;
    }
    worker_count(in->w, COUNTER_items, taken);
    if (rc != MULTIPART_END)
        intake_refuse(in, 400, "invalid multipart data", multipart_rc_text(rc));
    else if (!taken && large)
        intake_refuse(in, 413, "attachment exceeds the size limit", NULL);
    else if (!taken && in->hits.any)
        intake_limited(in);
    else
        intake_commit(in, 201, NULL, TEXT(""));
}
