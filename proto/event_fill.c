/* event_fill.c -- the scrubbed tree into the struct that grouping, titles and records read. */
#include "proto/event_part.h"
#include "proto/hex.h"
#include "proto/security.h"

enum {
    LOGGER,
    TRANSACTION,
    CULPRIT,
    RELEASE,
    DIST,
    ENVIRONMENT,
    PLATFORM,
    LOGENTRY,
    REQUEST,
    USER,
    CONTEXTS,
    EXTRA,
    SDK,
    DEBUG_META,
    MAIN_EXCEPTION_ID,
    STACKTRACE,
    TEMPLATE,
    FILLED
};

static const struct event_field fields[] = {
    [LOGGER] = EVENT_FIELD("logger", event_keep),
    [TRANSACTION] = EVENT_FIELD("transaction", event_keep),
    [CULPRIT] = EVENT_FIELD("culprit", event_keep),
    [RELEASE] = EVENT_FIELD("release", event_keep),
    [DIST] = EVENT_FIELD("dist", event_keep),
    [ENVIRONMENT] = EVENT_FIELD("environment", event_keep),
    [PLATFORM] = EVENT_FIELD("platform", event_keep),
    [LOGENTRY] = EVENT_FIELD("logentry", event_keep),
    [REQUEST] = EVENT_FIELD("request", event_keep),
    [USER] = EVENT_FIELD("user", event_keep),
    [CONTEXTS] = EVENT_FIELD("contexts", event_keep),
    [EXTRA] = EVENT_FIELD("extra", event_keep),
    [SDK] = EVENT_FIELD("sdk", event_keep),
    [DEBUG_META] = EVENT_FIELD("debug_meta", event_keep),
    [MAIN_EXCEPTION_ID] = EVENT_FIELD("main_exception_id", event_keep),
    [STACKTRACE] = EVENT_FIELD("stacktrace", event_keep),
    [TEMPLATE] = EVENT_FIELD("template", event_keep),
};

static struct text server_name(const struct event *e, struct arena *a)
{
    return json_string(event_pair(json_get(e->root, "tags"), TEXT("server_name"), false), a);
}

/* Trace ids come dashed from some; ids of zeros are none. */
static void fill_trace(struct event *e, struct arena *a)
{
    static const uint8_t zero[16];
    const struct json *trace = json_get(e->contexts, "trace");

    e->has_trace = uuid_read(json_string(json_get(trace, "trace_id"), a), e->trace_id) &&
                   memcmp(e->trace_id, zero, sizeof zero) != 0;
    e->has_span = e->has_trace && hex_read_id(json_string(json_get(trace, "span_id"), a),
                                              e->span_id, sizeof e->span_id);
    if (!e->has_trace)
        memset(e->trace_id, 0, sizeof e->trace_id);
    if (!e->has_span)
        memset(e->span_id, 0, sizeof e->span_id);
}

static void fill_labels(struct event *e, struct json **found, struct arena *a)
{
    e->logger = json_string(found[LOGGER], a);
    e->transaction = json_string(found[TRANSACTION], a);
    e->culprit_sent = json_string(found[CULPRIT], a);
    e->release = json_string(found[RELEASE], a);
    e->dist = json_string(found[DIST], a);
    e->environment = json_string(found[ENVIRONMENT], a);
    e->platform = json_string(found[PLATFORM], a);
    if (!e->platform.len)
        e->platform = TEXT("other");
    e->message_template = json_string(json_get(e->logentry, "message"), a);
    e->message = json_string(json_get(e->logentry, "formatted"), a);
    e->server_name = server_name(e, a);
    e->sdk_name = json_string(json_get(e->sdk, "name"), a);
    e->sdk_version = json_string(json_get(e->sdk, "version"), a);
    e->request_url = json_string(json_get(e->request, "url"), a);
    e->request_method = json_string(json_get(e->request, "method"), a);
    e->template_filename = json_string(json_get(found[TEMPLATE], "filename"), a);
    e->template_abs_path = json_string(json_get(found[TEMPLATE], "abs_path"), a);
    e->template_context_line = json_string(json_get(found[TEMPLATE], "context_line"), a);
}

enum event_rc event_fill(struct event *e, struct arena *a)
{
    struct json *found[FILLED];
    bool good;

    event_find(e->root, fields, FILLED, found);
    e->logentry = found[LOGENTRY];
    e->request = found[REQUEST];
    e->user = found[USER];
    e->contexts = found[CONTEXTS];
    e->extra = found[EXTRA];
    e->sdk = found[SDK];
    e->debug_meta = found[DEBUG_META];
    fill_labels(e, found, a);
    fill_trace(e, a);
    event_fill_user(e, a);
    security_fill(e, a);
    if (!json_int64(found[MAIN_EXCEPTION_ID], &e->main_exception_id))
        e->main_exception_id = -1;
    e->stacktrace = event_fill_stack(found[STACKTRACE], a);
    good = event_fill_exceptions(e, a) && event_fill_threads(e, a) && event_fill_fingerprint(e, a);
    if (good) {
        event_fill_in_app(e, a);
        good = event_fill_tags(e, a);
    }
    return good && !arena_spent(a) ? EVENT_OK : EVENT_SPENT;
}

const struct exception *event_main_exception(const struct event *e)
{
    if (e->main_exception_id >= 0)
        for (uint32_t i = 0; i < e->exception_count; i++)
            if (e->exceptions[i].mechanism.exception_id == e->main_exception_id)
                return &e->exceptions[i];
    return e->exception_count ? &e->exceptions[e->exception_count - 1] : NULL;
}

/* Native and Java events often have an exception without a stack, and threads beside it. */
static const struct stack *thread_stack(const struct event *e, struct text id)
{
    const struct stack *only = NULL;
    uint32_t stacks = 0;

    for (uint32_t i = 0; i < e->thread_count; i++)
        if (id.len && e->threads[i].stack && text_eq(e->threads[i].id, id))
            return e->threads[i].stack;
    for (uint32_t i = 0; i < e->thread_count; i++) {
        if (e->threads[i].stack && e->threads[i].crashed)
            return e->threads[i].stack;
        if (e->threads[i].stack) {
            only = e->threads[i].stack;
            stacks++;
        }
    }
    return stacks == 1 ? only : NULL;
}

const struct stack *event_crash_stack(const struct event *e)
{
    const struct exception *main = event_main_exception(e);
    const struct stack *s = main ? main->stack : NULL;

    if (!s)
        s = thread_stack(e, main ? main->thread_id : TEXT_NONE);
    return s ? s : e->stacktrace;
}
