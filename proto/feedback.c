#include "proto/feedback.h"

#include "proto/hex.h"
#include "proto/limits.h"

static struct text field(const struct json *v, const char *key, size_t max, struct arena *a)
{
    return text_clip_chars(text_trim(json_string(json_get(v, key), a)), max);
}

const char *feedback_read_report(struct text payload, struct arena *a, struct record_feedback *out)
{
    struct json *root;

    *out = (struct record_feedback){0};
    if (json_read(payload, a, &root, NULL) != JSON_OK || root->kind != JSON_OBJECT)
        return "invalid_json";
    out->name = field(root, "name", FEEDBACK_NAME_MAX, a);
    out->email = field(root, "email", FEEDBACK_NAME_MAX, a);
    out->comments = field(root, "comments", FEEDBACK_MESSAGE_MAX, a);
    out->source = TEXT("user_report");
    /* Last, so that a caller who knows the envelope's id can do without it. */
    if (!uuid_read(json_string(json_get(root, "event_id"), a), out->event_id)) {
        memset(out->event_id, 0, sizeof out->event_id);
        return "missing_event_id";
    }
    return NULL;
}

const char *feedback_of_event(const struct event *e, struct arena *a, struct record_feedback *out)
{
    const struct json *f = json_get(e->contexts, "feedback");

    *out = (struct record_feedback){0};
    if (!json_is(f, JSON_OBJECT))
        return "missing_feedback_context";
    out->comments = field(f, "message", FEEDBACK_MESSAGE_MAX, a);
    if (!out->comments.len)
        return "empty_message";
    if (e->has_id)
        memcpy(out->id, e->id, sizeof out->id);
    if (!uuid_read(json_string(json_get(f, "associated_event_id"), a), out->event_id))
        memset(out->event_id, 0, sizeof out->event_id);
    out->name = field(f, "name", FEEDBACK_NAME_MAX, a);
    out->email = field(f, "contact_email", FEEDBACK_NAME_MAX, a);
    out->url = field(f, "url", FEEDBACK_URL_MAX, a);
    out->source = field(f, "source", FEEDBACK_NAME_MAX, a);
    return NULL;
}
