/* title.c -- one function per kind of event, and the culprit that they share. */
#include "model/title.h"

#include "proto/limits.h"

enum { METADATA_TYPE_MAX = 128, METADATA_VALUE_MAX = 1024 };

/* ---- texts ---- */

/* The first line of what is left without blanks around it. */
static struct text first_line(struct text t)
{
    t = text_trim(t);
    t = text_cut(t, 0, text_find_byte(t, '\n'));
    return text_trim(text_cut(t, 0, text_find_byte(t, '\r')));
}

/* At most `max` characters, the dots included. */
static struct text cut(struct text t, size_t max, struct arena *a)
{
    if (t.len <= max || text_chars(t) <= max)
        return t;
    t = text_clip_chars(t, max - 3);
    return arena_join(a, t, TEXT("..."), TEXT_NONE);
}

static struct text or_else(struct text t, struct text other)
{
    return t.len ? t : other;
}

/* ---- metadata ---- */

static void metadata_open(struct buf *b, struct arena *a)
{
    buf_init(b, a, 256, 64 * KIB);
    json_open(b, NULL, '{');
}

static void put(struct buf *b, const char *key, struct text value)
{
    if (value.len)
        json_text(b, key, value);
}

static struct text metadata_close(struct buf *b)
{
    json_close(b, '}');
    return buf_result(b);
}

/* ---- errors ---- */

static bool is_nameless(struct text function)
{
    return !function.len || text_is(function, "<redacted>") || text_is(function, "<unknown>");
}

/* Where it crashed, as far as it has a name: the innermost frame of the application, else the
 * innermost one. */
static const struct frame *crash_frame(const struct event *e)
{
    const struct stack *s = event_crash_stack(e);
    const struct frame *first = NULL;

    for (uint32_t i = s ? s->count : 0; i-- > 0;) {
        const struct frame *f = &s->frames[i];

        if (is_nameless(f->function))
            continue;
        if (f->in_app == TRI_YES)
            return f;
        if (!first)
            first = f;
    }
    return first;
}

static struct text error_title(struct text type, struct text value, struct text function,
                               struct arena *a)
{
    struct text line = first_line(value);

    if (!type.len)
        return or_else(first_line(function), TEXT("<unknown>"));
    if (!line.len)
        return first_line(type);
    return arena_join(a, first_line(type), TEXT(": "), line);
}

static void title_error(const struct event *e, struct arena *a, struct title *out)
{
    const struct exception *x = event_main_exception(e);
    const struct frame *frame = crash_frame(e);
    struct text function = frame ? frame->function : TEXT_NONE;
    struct text type = x ? or_else(x->type, TEXT("Error")) : TEXT_NONE;
    struct text value = x ? x->value : TEXT_NONE;
    struct buf b;

    if (x && x->mechanism.synthetic) { /* its type is an artefact of how it was caught */
        /* A message with a stack attached (JavaScript's captureMessage) comes as a synthetic
         * exception without a type: the value is what the developer wrote. And what stands for a
         * dump that nobody has unwound says so in its value. */
        if ((!x->type.len || (!function.len && text_is(x->mechanism.type, "minidump"))) &&
            value.len)
            function = first_line(value);
        type = TEXT_NONE;
    }
    out->title = error_title(cut(type, METADATA_TYPE_MAX, a), value, function, a);
    function = frame ? frame->function : TEXT_NONE;
    if (frame)
        out->location = or_else(frame->filename, frame->abs_path);
    metadata_open(&b, a);
    put(&b, "type", cut(type, METADATA_TYPE_MAX, a));
    put(&b, "value", cut(value, METADATA_VALUE_MAX, a));
    put(&b, "filename", out->location);
    put(&b, "function", function);
    out->metadata = metadata_close(&b);
}

/* ---- the other kinds ---- */

static void title_message(const struct event *e, struct arena *a, struct title *out)
{
    struct buf b;

    out->title = first_line(or_else(text_trim(e->message), e->message_template));
    out->title = or_else(out->title, TEXT("<unlabeled event>"));
    metadata_open(&b, a);
    put(&b, "title", cut(out->title, EVENT_TITLE_MAX, a));
    out->metadata = metadata_close(&b);
}

static void title_security(const struct event *e, struct arena *a, struct title *out)
{
    struct buf b;

    out->title = or_else(e->security.message, TEXT("<untitled>"));
    out->location = e->type == EVENT_CSP ? e->security.blocked_uri : e->security.host;
    metadata_open(&b, a);
    put(&b, "message", e->security.message);
    if (e->type == EVENT_CSP) {
        put(&b, "uri", e->security.host);
        put(&b, "directive", e->security.directive);
    } else {
        put(&b, "origin", e->security.host);
    }
    out->metadata = metadata_close(&b);
}

static void title_transaction(const struct event *e, struct arena *a, struct title *out)
{
    struct buf b;

    out->title = or_else(first_line(e->transaction), TEXT("<unlabeled transaction>"));
    metadata_open(&b, a);
    put(&b, "title", out->title);
    out->metadata = metadata_close(&b);
}

static void title_feedback(const struct event *e, struct arena *a, struct title *out)
{
    const struct json *f = json_get(e->contexts, "feedback");
    struct text message = json_string(json_get(f, "message"), a);
    struct buf b;

    out->title = or_else(first_line(message), TEXT("User Feedback"));
    out->location = json_string(json_get(f, "url"), a);
    metadata_open(&b, a);
    put(&b, "message", cut(message, METADATA_VALUE_MAX, a));
    put(&b, "contact_email", json_string(json_get(f, "contact_email"), a));
    put(&b, "name", json_string(json_get(f, "name"), a));
    put(&b, "source", json_string(json_get(f, "source"), a));
    out->metadata = metadata_close(&b);
}

/* ---- culprit ---- */

static struct text frame_culprit(const struct event *e, const struct frame *f, struct arena *a)
{
    struct text platform = or_else(f->platform, e->platform);
    struct text function = or_else(f->function, TEXT("?"));
    struct text place = or_else(f->module, f->filename);

    if (text_is(platform, "objc") || text_is(platform, "cocoa") || text_is(platform, "native"))
        return function;
    if (!place.len)
        return TEXT_NONE;
    if (text_is(platform, "javascript") || text_is(platform, "node"))
        return arena_printf(a, "%.*s(%.*s)", TEXT_ARG(function), TEXT_ARG(place));
    return arena_join(a, place, TEXT(" in "), function);
}

/* The innermost frame of the application that says something, else the innermost one. */
static struct text stack_culprit(const struct event *e, const struct stack *s, struct arena *a)
{
    for (uint32_t i = s->count; i-- > 0;) {
        struct text t =
            s->frames[i].in_app == TRI_YES ? frame_culprit(e, &s->frames[i], a) : TEXT_NONE;

        if (t.len)
            return t;
    }
    return frame_culprit(e, &s->frames[s->count - 1], a);
}

static struct text culprit(const struct event *e, struct arena *a)
{
    const struct exception *last =
        e->exception_count ? &e->exceptions[e->exception_count - 1] : NULL;
    const struct stack *s = e->stacktrace;
    struct text t = TEXT_NONE;

    if (e->transaction.len)
        return e->transaction;
    if (e->culprit_sent.len)
        return e->culprit_sent;
    if (last && last->mechanism.synthetic)
        return TEXT("");
    for (uint32_t i = 0; i < e->exception_count; i++)
        if (e->exceptions[i].stack)
            s = e->exceptions[i].stack;
    if (s)
        t = stack_culprit(e, s, a);
    return or_else(t, e->request_url);
}

bool title_make(const struct event *e, struct arena *a, struct title *out)
{
    *out = (struct title){0};
    switch (e->type) {
    case EVENT_ERROR:
        title_error(e, a, out);
        break;
    case EVENT_CSP:
    case EVENT_HPKP:
    case EVENT_EXPECTCT:
    case EVENT_EXPECTSTAPLE:
        title_security(e, a, out);
        break;
    case EVENT_TRANSACTION:
        title_transaction(e, a, out);
        break;
    case EVENT_FEEDBACK:
        title_feedback(e, a, out);
        break;
    default:
        title_message(e, a, out);
    }
    out->title = cut(out->title, EVENT_TITLE_MAX, a);
    out->culprit = cut(first_line(culprit(e, a)), EVENT_CULPRIT_MAX, a);
    if (!out->culprit.at)
        out->culprit = TEXT("");
    if (!out->location.at)
        out->location = TEXT("");
    return !arena_spent(a);
}
