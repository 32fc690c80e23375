/* take_report.c -- user feedback on its way into records. */
#include "worker/take_report.h"

#include <string.h>

#include "model/scrub.h"
#include "proto/feedback.h"
#include "proto/limits.h"
#include "worker/context.h"
#include "worker/settings.h"
#include "worker/take_event.h"

void take_report(struct intake *in, struct record_feedback *r)
{
    struct buf out;

    r->project = in->key->project;
    r->received_ms = in->now_us / 1000;
    r->name = text_clip_chars(text_trim(r->name), FEEDBACK_NAME_MAX);
    r->email = text_clip_chars(text_trim(r->email), FEEDBACK_NAME_MAX);
    r->comments = text_clip_chars(r->comments, FEEDBACK_MESSAGE_MAX);
    buf_init(&out, in->arena, 512 + r->comments.len + r->payload.len, RECORD_MAX);
    record_feedback_write(&out, r);
    intake_add(in, RECORD_FEEDBACK, buf_result(&out));
}

const char *take_user_report(struct intake *in, struct text payload, const uint8_t *event_id)
{
    struct record_feedback r = {0};
    const char *why = feedback_read_report(payload, in->arena, &r);

    if (why && (!event_id || strcmp(why, "missing_event_id") != 0))
        return why;
    if (why)
        memcpy(r.event_id, event_id, sizeof r.event_id);
    take_report(in, &r);
    return NULL;
}

const char *take_feedback_event(struct intake *in, struct text payload,
                                const struct event_context *ctx, uint8_t id[16])
{
    struct arena *a = in->arena;
    struct record_feedback r = {0};
    struct event e;
    struct buf out;
    const char *why;

    if (event_read(payload, ctx, a, &e) != EVENT_OK)
        return "invalid_json";
    if (!e.has_id) {
        event_new_id(id);
        event_set_id(&e, a, id);
    }
    memcpy(id, e.id, sizeof e.id);
    if (!scrub_event(&e, &in->settings->scrub, a) || event_fill(&e, a) != EVENT_OK)
        return "too_large:feedback";
    if ((why = feedback_of_event(&e, a, &r)) != NULL)
        return why;
    memcpy(r.id, e.id, sizeof r.id);
    buf_init(&out, a, payload.len + 1024, RECORD_MAX);
    event_write(&e, &out);
    r.payload = buf_result(&out);
    if (!r.payload.at)
        return "too_large:feedback";
    take_report(in, &r);
    return NULL;
}
