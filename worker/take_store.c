/* take_store.c -- the legacy endpoint: one event, as JSON or in base64, by POST or as a pixel's
 * query. */
#include "proto/form.h"
#include "proto/limits.h"
#include "proto/store.h"
#include "worker/context.h"
#include "worker/reply.h"
#include "worker/take.h"
#include "worker/take_envelope.h"
#include "worker/take_event.h"

/* The smallest transparent GIF, for scripts that load us as an image. */
static const char pixel[] =
    "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01"
    "\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01"
    "\x00;";

static bool body_of(struct intake *in)
{
    if (in->method == METHOD_POST)
        return intake_body(in);
    in->body = form_get(in->query, "sentry_data", in->arena);
    if (in->body.len)
        return true;
    intake_refuse(in, 400, "empty request body", NULL);
    return false;
}

static bool is_envelope(const struct intake *in)
{
    return text_starts_nocase(in->headers.content_type, "application/x-sentry-envelope");
}

static void answer(struct intake *in, const struct event *e)
{
    if (in->method == METHOD_GET)
        intake_commit(in, 200, "image/gif", (struct text){pixel, sizeof pixel - 1});
    else
        intake_commit(in, 200, "application/json", intake_id_json(in, e->id));
}

static void refuse_event(struct intake *in, enum event_rc why)
{
    if (why == EVENT_SPENT)
        intake_refuse(in, 413, "event takes too much memory", NULL);
    else
        intake_refuse(in, 400, "invalid event payload", event_rc_text(why));
}

void take_store(struct intake *in)
{
    struct event_context ctx;
    struct event e;
    enum event_rc why;
    enum store_rc rc;
    struct text json;

    if (!intake_claim(in) || !intake_admit(in, BUCKET_ERROR) || !body_of(in))
        return;
    if (is_envelope(in)) {
        take_envelope_body(in);
        return;
    }
    rc = store_body(in->body, ITEM_EVENT_MAX, in->arena, &in->w->inflate_inner, &json);
    if (rc == STORE_TOO_LARGE || (rc == STORE_OK && json.len > ITEM_EVENT_MAX)) {
        intake_outcome(in, OUTCOME_INVALID, "error", "too_large:event", 1);
        intake_refuse(in, 413, "event exceeds size limit", NULL);
        return;
    }
    if (rc != STORE_OK) {
        intake_outcome(in, OUTCOME_INVALID, "error", "invalid_json", 1);
        intake_refuse(in, 400, store_rc_text(rc), NULL);
        return;
    }
    worker_count(in->w, COUNTER_items, 1);
    ctx = event_context_of(in);
    ctx.strict_id = true;
    switch (take_event_json(in, json, &ctx, &e, &why)) {
    case EVENT_TAKEN:
    case EVENT_FILTERED:
    case EVENT_UNPROCESSED:
        answer(in, &e);
        break;
    case EVENT_LIMITED:
        intake_limited(in);
        break;
    case EVENT_INVALID:
        refuse_event(in, why);
        break;
    }
}
