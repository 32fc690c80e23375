/* event.c -- one event from its bytes to the normalised tree, and on to the struct. The order is
 * Relay's: later steps read what earlier ones wrote. */
#include "proto/event.h"

#include "proto/event_part.h"
#include "proto/hex.h"
#include "proto/timestamp.h"

#define MINUTE_US (60 * 1000000LL)
#define DRIFT_MIN_US (55 * MINUTE_US) /* less is network delay */
#define FUTURE_MAX_US (1 * MINUTE_US) /* an event may be this far ahead of us */
#define PAST_MAX_US (30LL * 24 * 60 * MINUTE_US)

const char *event_rc_text(enum event_rc rc)
{
    switch (rc) {
    case EVENT_OK:
        return "ok";
    case EVENT_NOT_JSON:
        return "invalid event payload: not JSON";
    case EVENT_NOT_OBJECT:
        return "invalid event payload: not an object";
    case EVENT_BAD_ID:
        return "invalid event identifier";
    case EVENT_SPENT:
        return "event takes too much memory";
    }
    return "invalid event payload";
}

const char *event_type_name(enum event_type type)
{
    static const char *const names[] = {[EVENT_DEFAULT] = "default",
                                        [EVENT_ERROR] = "error",
                                        [EVENT_CSP] = "csp",
                                        [EVENT_HPKP] = "hpkp",
                                        [EVENT_EXPECTCT] = "expectct",
                                        [EVENT_EXPECTSTAPLE] = "expectstaple",
                                        [EVENT_TRANSACTION] = "transaction",
                                        [EVENT_FEEDBACK] = "feedback",
                                        [EVENT_NEL] = "nel"};

    return (unsigned)type <= EVENT_NEL ? names[type] : "default";
}

/* ---- fields of the document ---- */

static void drop(struct event_work *w, struct json *v, const struct event_field *f)
{
    json_to_null(v);
}

/* Small enough, and each value for itself. */
static void check_extra(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (!event_is_object(w, v))
        return;
    for (struct json *m = v->child; m; m = m->next)
        event_cut_bag(w, m, f->more, 16 * KIB);
    event_cut_bag(w, v, f->more + 1, f->max);
    if (v->count == 0)
        json_to_null(v);
}

static void check_modules(struct event_work *w, struct json *v, const struct event_field *f)
{
    static const struct event_field version = EVENT_FIELD("", event_scalar_text, 256);

    if (!event_is_object(w, v))
        return;
    for (struct json *m = v->child; m; m = m->next)
        event_scalar_text(w, m, &version);
    event_cut_bag(w, v, f->more, f->max);
    if (v->count == 0)
        json_to_null(v);
}

/* Notes of the client itself. */
static void check_errors(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (v->kind != JSON_ARRAY || v->count == 0 || v->count > EVENT_ERRORS_MAX)
        json_to_null(v);
    for (struct json *m = v->child; m; m = m->next)
        event_cut_bag(w, m, 3, 1 * KIB);
}

static void check_spans(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (v->kind != JSON_ARRAY) {
        json_to_null(v);
        return;
    }
    for (struct json *span = v->child; span; span = span->next) {
        struct json *start = json_get(span, "start_timestamp"), *end = json_get(span, "timestamp");

        if (start)
            event_time(w, start, f);
        if (end)
            event_time(w, end, f);
    }
}

static const struct event_field template_fields[] = {
    EVENT_FIELD("filename", event_text, 256, 40),
    EVENT_FIELD("abs_path", event_text, 256, 40),
    EVENT_FIELD("context_line", event_text, 16 * KIB),
    EVENT_FIELD("lineno", event_uint),
    EVENT_FIELD("colno", event_uint),
    EVENT_FIELD("pre_context", event_any_bag, 16 * KIB, 2),
    EVENT_FIELD("post_context", event_any_bag, 16 * KIB, 2),
};

static void check_template(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (event_is_object(w, v))
        event_fields(w, v, template_fields, EVENT_FIELDS(template_fields), OTHER_DROP, NULL);
    if (v->kind == JSON_OBJECT && v->count == 0)
        json_to_null(v);
}

/* What is common comes first: it is looked for from the beginning. */
enum {
    EVENT_ID,
    TIMESTAMP,
    PLATFORM,
    LEVEL,
    EXCEPTION,
    TRANSACTION,
    RELEASE,
    ENVIRONMENT,
    SERVER_NAME,
    REQUEST,
    USER,
    TAGS,
    BREADCRUMBS,
    CONTEXTS,
    SDK,
    EXTRA,
    LOGGER,
    MODULES,
    TYPE,
    LOGENTRY,
    MESSAGE,
    THREADS,
    DIST,
    FINGERPRINT,
    START_TIMESTAMP,
    STACKTRACE,
    CULPRIT,
    SITE,
    MEASUREMENTS,
    BREAKDOWNS,
    SPANS,
    CSP,
    HPKP,
    EXPECTCT,
    EXPECTSTAPLE,
    NEL
};

static const struct event_field fields[] = {
    [EVENT_ID] = EVENT_FIELD("event_id", event_keep),
    [TIMESTAMP] = EVENT_FIELD("timestamp", event_time),
    [PLATFORM] = EVENT_FIELD("platform", event_platform),
    [LEVEL] = EVENT_FIELD("level", event_level),
    [EXCEPTION] = EVENT_FIELD("exception", event_exception),
    [TRANSACTION] = EVENT_FIELD("transaction", event_text_trimmed, EVENT_TRANSACTION_MAX),
    [RELEASE] = EVENT_FIELD("release", event_release, EVENT_RELEASE_MAX),
    [ENVIRONMENT] = EVENT_FIELD("environment", event_environment, EVENT_ENVIRONMENT_MAX),
    [SERVER_NAME] = EVENT_FIELD("server_name", event_text_trimmed, EVENT_SERVER_NAME_MAX, 20),
    [REQUEST] = EVENT_FIELD("request", event_request),
    [USER] = EVENT_FIELD("user", event_user),
    [TAGS] = EVENT_FIELD("tags", event_tags),
    [BREADCRUMBS] = EVENT_FIELD("breadcrumbs", event_breadcrumbs),
    [CONTEXTS] = EVENT_FIELD("contexts", event_contexts, 8 * KIB, 7),
    [SDK] = EVENT_FIELD("sdk", event_sdk),
    [EXTRA] = EVENT_FIELD("extra", check_extra, 256 * KIB, 7),
    [LOGGER] = EVENT_FIELD("logger", event_logger, EVENT_LOGGER_MAX),
    [MODULES] = EVENT_FIELD("modules", check_modules, 8 * KIB, 3),
    [TYPE] = EVENT_FIELD("type", event_text_trimmed, 64),
    [LOGENTRY] = EVENT_FIELD("logentry", event_logentry),
    [MESSAGE] = EVENT_FIELD("message", event_logentry),
    [THREADS] = EVENT_FIELD("threads", event_threads),
    [DIST] = EVENT_FIELD("dist", event_dist, EVENT_DIST_MAX),
    [FINGERPRINT] = EVENT_FIELD("fingerprint", event_fingerprint),
    [START_TIMESTAMP] = EVENT_FIELD("start_timestamp", event_time),
    [STACKTRACE] = EVENT_FIELD("stacktrace", event_stacktrace),
    [CULPRIT] = EVENT_FIELD("culprit", event_text_trimmed, EVENT_CULPRIT_MAX),
    [SITE] = EVENT_FIELD("site", event_text_trimmed, 128),
    [MEASUREMENTS] = EVENT_FIELD("measurements", event_bag, 16 * KIB, 4),
    [BREAKDOWNS] = EVENT_FIELD("breakdowns", event_bag, 16 * KIB, 5),
    [SPANS] = EVENT_FIELD("spans", check_spans),
    [CSP] = EVENT_FIELD("csp", event_bag, 16 * KIB, 5),
    [HPKP] = EVENT_FIELD("hpkp", event_bag, 64 * KIB, 5),
    [EXPECTCT] = EVENT_FIELD("expectct", event_bag, 64 * KIB, 5),
    [EXPECTSTAPLE] = EVENT_FIELD("expectstaple", event_bag, 64 * KIB, 5),
    [NEL] = EVENT_FIELD("nel", event_bag, 16 * KIB, 5),
    EVENT_FIELD("checksum", event_text, 256),
    EVENT_FIELD("debug_meta", event_debug_meta),
    EVENT_FIELD("errors", check_errors),
    EVENT_FIELD("main_exception_id", event_int),
    EVENT_FIELD("template", check_template),
    EVENT_FIELD("time_spent", event_int),
    EVENT_FIELD("transaction_info", event_bag, 2 * KIB, 5),
    /* The server's own, and things of the past: not for clients to set. */
    EVENT_FIELD("_meta", drop),
    EVENT_FIELD("received", drop),
    EVENT_FIELD("title", drop),
    EVENT_FIELD("metadata", drop),
    EVENT_FIELD("location", drop),
    EVENT_FIELD("version", drop),
    EVENT_FIELD("key_id", drop),
    EVENT_FIELD("project", drop),
    EVENT_FIELD("grouping_config", drop),
    EVENT_FIELD("hashes", drop),
    EVENT_FIELD("_metrics", drop),
    EVENT_FIELD("_metrics_summary", drop),
    EVENT_FIELD("sdkProcessingMetadata", drop),
    EVENT_FIELD("ingest_path", drop),
    EVENT_FIELD("applecrashreport", drop),
    EVENT_FIELD("device", drop),
    EVENT_FIELD("repos", drop),
    EVENT_FIELD("query", drop),
};

/* ---- before the walk ---- */

/* Names of interfaces as clients wrote them until 2018. */
static void rename_legacy(struct json *root)
{
    static const char *const names[][2] = {{"Message", "logentry"},
                                           {"User", "user"},
                                           {"Http", "request"},
                                           {"Contexts", "contexts"},
                                           {"Breadcrumbs", "breadcrumbs"},
                                           {"Exception", "exception"},
                                           {"Stacktrace", "stacktrace"},
                                           {"Template", "template"},
                                           {"Threads", "threads"},
                                           {"Csp", "csp"},
                                           {"Hpkp", "hpkp"},
                                           {"DebugMeta", "debug_meta"}};
    static const char prefix[] = "sentry.interfaces.";

    for (struct json *m = root->child; m; m = m->next) {
        if (m->key.len < sizeof prefix || !text_starts(m->key, prefix))
            continue;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (text_is(text_cut(m->key, sizeof prefix - 1, m->key.len), names[i][0]) &&
                !json_get(root, names[i][1])) {
                m->key = text_of(names[i][1]);
                break;
            }
    }
}

static void note_clock(struct event_work *w, const char *type, int64_t sdk_us)
{
    struct json *note = event_new_note(w, type, TEXT("timestamp"));

    if (!note)
        return;
    json_set(w->a, note, "sdk_time", json_new_string(w->a, timestamp_text(sdk_us, w->a)));
    json_set(w->a, note, "server_time",
             json_new_string(w->a, timestamp_text(w->ctx->received_us, w->a)));
}

/* How wrong the client's clock is is known before any timestamp is touched. */
static void measure_drift(struct event_work *w, int64_t *timestamp)
{
    const struct json *v = json_get(w->e->root, "timestamp");
    int64_t received = w->ctx->received_us, sent;

    *timestamp = received;
    if (timestamp_read(w->ctx->sent_at, &sent) && sent >= 0 && sent <= TIMESTAMP_MAX_US) {
        int64_t drift = received - sent;

        if (drift >= DRIFT_MIN_US || drift <= -DRIFT_MIN_US) {
            w->shift_us = drift;
            note_clock(w, "clock_drift", sent);
        }
    }
    if (!timestamp_json(v, timestamp) || *timestamp < 0 ||
        __builtin_add_overflow(*timestamp, w->shift_us, timestamp)) {
        *timestamp = received;
        return;
    }
    if (*timestamp > received + FUTURE_MAX_US)
        note_clock(w, "future_timestamp", *timestamp);
    else if (*timestamp < received - PAST_MAX_US)
        note_clock(w, "past_timestamp", *timestamp);
    else
        return;
    w->shift_us += received - *timestamp;
    *timestamp = received;
}

/* ---- after the walk ---- */

static void set_text(struct event_work *w, const char *key, struct text t)
{
    json_set(w->a, w->e->root, key, json_new_string(w->a, t));
}

/* `message` is an alias of `logentry`; the latter wins. */
static void merge_message(struct event_work *w, struct json **found)
{
    struct json *message = found[MESSAGE] ? json_take(w->e->root, "message") : NULL;

    if (message && !found[LOGENTRY])
        json_set(w->a, w->e->root, "logentry", message);
}

/* A stack trace of the event's own belongs to its exception if there is just one without. */
static void move_stacktrace(struct event_work *w, struct json **found)
{
    struct json *list = json_get(found[EXCEPTION], "values");

    if (!found[STACKTRACE] || !list || list->count != 1 || json_get(list->child, "stacktrace"))
        return;
    json_set(w->a, list->child, "stacktrace", json_take(w->e->root, "stacktrace"));
}

static void move_to_tag(struct event_work *w, struct json *v, const char *key)
{
    if (!v)
        return;
    event_add_tag(w, text_of(key), json_string(v, w->a));
    json_take(w->e->root, key);
}

static enum event_type type_of(struct json **found)
{
    struct text stated = found[TYPE] ? found[TYPE]->raw : TEXT_NONE;

    if (text_is(stated, "transaction"))
        return EVENT_TRANSACTION;
    if (text_is(stated, "feedback"))
        return EVENT_FEEDBACK;
    if (found[EXCEPTION])
        return EVENT_ERROR;
    if (found[CSP])
        return EVENT_CSP;
    if (found[HPKP])
        return EVENT_HPKP;
    if (found[EXPECTCT])
        return EVENT_EXPECTCT;
    if (found[EXPECTSTAPLE])
        return EVENT_EXPECTSTAPLE;
    return found[NEL] ? EVENT_NEL : EVENT_DEFAULT;
}

static void settle_labels(struct event_work *w, struct json **found)
{
    struct event *e = w->e;

    if (!found[ENVIRONMENT] && w->tagged_environment.len) {
        struct json *v = json_new_string(w->a, w->tagged_environment);

        if (v) {
            event_enter(w, TEXT("environment"));
            event_environment(w, v, &fields[ENVIRONMENT]);
            event_leave(w);
        }
        if (v && v->kind != JSON_NULL)
            json_set(w->a, e->root, "environment", v);
    }
    if (found[DIST] && !found[RELEASE])
        json_take(e->root, "dist");
    if (found[CULPRIT] && found[TRANSACTION])
        json_take(e->root, "culprit");
    move_to_tag(w, found[SERVER_NAME], "server_name");
    move_to_tag(w, found[SITE], "site");
    if (!found[PLATFORM])
        set_text(w, "platform", TEXT("other"));
    e->type = type_of(found);
    if (!found[TYPE] || !text_is(found[TYPE]->raw, event_type_name(e->type)))
        set_text(w, "type", text_of(event_type_name(e->type)));
    e->level = e->type == EVENT_TRANSACTION ? LEVEL_INFO : LEVEL_ERROR;
    if (!event_level_of(found[LEVEL], &e->level))
        set_text(w, "level", text_of(level_name(e->level)));
    if (e->type != EVENT_TRANSACTION) {
        json_take(e->root, "measurements");
        json_take(e->root, "breakdowns");
        json_take(e->root, "spans");
    }
}

void event_set_id(struct event *e, struct arena *a, const uint8_t id[16])
{
    char *hex = arena_alloc(a, 32);

    memcpy(e->id, id, 16);
    e->has_id = true;
    if (!hex)
        return;
    hex_write(id, 16, hex);
    json_set(a, e->root, "event_id", json_new_string(a, (struct text){hex, 32}));
}

/* The envelope's id wins. False: there is one, and it is malformed, and that matters. */
static bool settle_id(struct event_work *w, const struct json *sent)
{
    struct text t = json_string(sent, w->a);
    uint8_t id[16];

    if (uuid_read(w->ctx->envelope_event_id, id) || uuid_read(t, id)) {
        event_set_id(w->e, w->a, id);
        return true;
    }
    json_take(w->e->root, "event_id");
    return !w->ctx->strict_id || !sent || (t.at && t.len == 0);
}

enum event_rc event_from_tree(struct json *root, const struct event_context *ctx, struct arena *a,
                              struct event *e)
{
    struct event_order frames, breadcrumbs;
    struct event_work w = {
        .e = e, .a = a, .ctx = ctx, .frames = &frames, .breadcrumbs = &breadcrumbs};
    struct json *found[EVENT_FIELDS(fields)];

    frames.count = breadcrumbs.count = 0;
    *e = (struct event){.root = root, .received_us = ctx->received_us, .main_exception_id = -1};
    if (!json_is(root, JSON_OBJECT))
        return EVENT_NOT_OBJECT;
    rename_legacy(root);
    measure_drift(&w, &e->timestamp_us);
    event_fields(&w, root, fields, EVENT_FIELDS(fields), OTHER_NOTE, found);
    if (!settle_id(&w, found[EVENT_ID]))
        return EVENT_BAD_ID;
    merge_message(&w, found);
    move_stacktrace(&w, found);
    settle_labels(&w, found);
    event_default_sdk(&w);
    event_infer_ip(&w);
    event_agent(&w);
    if (!found[TIMESTAMP])
        set_text(&w, "timestamp", timestamp_text(e->timestamp_us, a));
    set_text(&w, "received", timestamp_text(e->received_us, a));
    event_attach_notes(&w);
    return arena_spent(a) ? EVENT_SPENT : EVENT_OK;
}

enum event_rc event_read(struct text body, const struct event_context *ctx, struct arena *a,
                         struct event *e)
{
    struct json *root;

    *e = (struct event){.main_exception_id = -1};
    switch (json_read(body, a, &root, NULL)) {
    case JSON_OK:
        return event_from_tree(root, ctx, a, e);
    case JSON_TOO_MANY:
    case JSON_SPENT:
        return EVENT_SPENT;
    default:
        return EVENT_NOT_JSON;
    }
}

void event_write(const struct event *e, struct buf *out)
{
    json_write(out, e->root);
}
