/* event_exception.c -- exceptions with their mechanisms, threads, breadcrumbs: the three lists. */
#include "proto/event_part.h"

/* ---- the forms of a list ---- */

/* v := {"values": [ … ]}, whatever of the three forms it had. False: there is no list in it. */
static bool wrap_values(struct event_work *w, struct json *v)
{
    struct json *list, *values = json_get(v, "values");

    if (v->kind == JSON_OBJECT && values) {
        v->child = v->last = values;
        v->count = 1;
        values->next = NULL;
        if (values->kind == JSON_ARRAY)
            return true;
        if (values->kind == JSON_OBJECT && values->count) /* one, where a list should be */
            return wrap_values(w, values) && (json_become(v, values), true);
        if (values->kind != JSON_NULL && values->kind != JSON_OBJECT)
            event_note_here(w, "invalid_data", v);
        return false;
    }
    if ((v->kind == JSON_OBJECT || v->kind == JSON_ARRAY) && v->count == 0)
        return false;
    if ((v->kind != JSON_OBJECT && v->kind != JSON_ARRAY) || !(list = json_new(w->a, JSON_ARRAY))) {
        event_note_here(w, "invalid_data", v);
        return false;
    }
    if (v->kind == JSON_ARRAY) {
        json_become(list, v);
    } else {
        struct json *only = json_new(w->a, JSON_OBJECT);

        if (!only)
            return false;
        json_become(only, v);
        json_push(list, only);
    }
    json_become(v, &(struct json){.kind = JSON_OBJECT});
    json_set(w->a, v, "values", list);
    return true;
}

/* Keep those children for which `keep` says so. */
static void filter(struct event_work *w, struct json *list,
                   bool (*keep)(struct event_work *w, struct json *element))
{
    struct json *next = list->child;
    uint32_t index = 0;

    list->child = list->last = NULL;
    list->count = 0;
    for (struct json *m = next; m; m = next) {
        bool stays;

        next = m->next;
        event_enter_index(w, index++);
        stays = keep(w, m);
        event_leave(w);
        if (stays)
            json_push(list, m);
    }
}

static bool is_element(struct event_work *w, struct json *v)
{
    if (v->kind == JSON_ARRAY && v->count == 0)
        v->kind = JSON_OBJECT;
    if (v->kind != JSON_OBJECT && v->kind != JSON_NULL)
        event_note_here(w, "invalid_data", v);
    return v->kind == JSON_OBJECT;
}

void event_values(struct event_work *w, struct json *v, uint32_t max,
                  bool (*check)(struct event_work *w, struct json *element))
{
    struct json *list;

    if (!wrap_values(w, v)) {
        json_to_null(v);
        return;
    }
    list = v->child;
    event_enter(w, TEXT("values"));
    filter(w, list, is_element);
    for (; list->count > max; list->count--)
        list->child = list->child->next;
    filter(w, list, check);
    event_leave(w);
    if (list->count == 0)
        json_to_null(v);
}

/* ---- mechanism ---- */

enum {
    MECH_TYPE,
    MECH_HANDLED,
    MECH_SYNTHETIC,
    MECH_META,
    MECH_EXCEPTION_ID,
    MECH_PARENT_ID,
    MECH_IS_GROUP,
    MECH_SOURCE,
    MECH_FIELDS_FILLED
};

static const struct event_field mechanism_fields[] = {
    [MECH_TYPE] = EVENT_FIELD("type", event_text_trimmed, 128),
    [MECH_HANDLED] = EVENT_FIELD("handled", event_bool),
    [MECH_SYNTHETIC] = EVENT_FIELD("synthetic", event_bool),
    [MECH_META] = EVENT_FIELD("meta", event_bag, 2 * KIB, 5),
    [MECH_EXCEPTION_ID] = EVENT_FIELD("exception_id", event_int),
    [MECH_PARENT_ID] = EVENT_FIELD("parent_id", event_int),
    [MECH_IS_GROUP] = EVENT_FIELD("is_exception_group", event_bool),
    [MECH_SOURCE] = EVENT_FIELD("source", event_text, 256),
    EVENT_FIELD("description", event_text, 2048),
    EVENT_FIELD("help_link", event_text, 2048),
    EVENT_FIELD("data", event_bag, 2 * KIB, 5),
};

static void check_mechanism(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct json *found[EVENT_FIELDS(mechanism_fields)];

    if (!event_is_object(w, v))
        return;
    event_fields(w, v, mechanism_fields, EVENT_FIELDS(mechanism_fields), OTHER_DROP, found);
    if (!found[MECH_TYPE])
        json_add(v, "type", json_new_plain(w->a, TEXT("generic")));
}

/* ---- exception ---- */

/* Strings; everything else becomes its JSON text. */
static void exception_value(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (v->kind != JSON_STRING)
        event_set_text(w, v, json_as_text(v, w->a));
    if (v->kind == JSON_STRING)
        event_text(w, v, f);
}

enum { TYPE, VALUE, MODULE, STACKTRACE, MECHANISM, THREAD_ID, RAW_STACKTRACE };

static const struct event_field exception_fields[] = {
    [TYPE] = EVENT_FIELD("type", event_text, EVENT_TYPE_MAX, 20),
    [VALUE] = EVENT_FIELD("value", exception_value, EVENT_VALUE_MAX, 200),
    [MODULE] = EVENT_FIELD("module", event_text, 256, 20),
    [STACKTRACE] = EVENT_FIELD("stacktrace", event_stacktrace),
    [MECHANISM] = EVENT_FIELD("mechanism", check_mechanism),
    [THREAD_ID] = EVENT_FIELD("thread_id", event_text_of_any, 256),
    [RAW_STACKTRACE] = EVENT_FIELD("raw_stacktrace", event_stacktrace),
};

static bool is_word(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
           c >= 0x80;
}

/* "ValueError: boom" without a type: the word before the colon is one. */
static void split_value(struct event_work *w, struct json *exception, struct json *value)
{
    struct text t = json_string(value, w->a);
    size_t word = 0;

    while (word < t.len && is_word((unsigned char)t.at[word]))
        word++;
    if (word == 0 || word == t.len || t.at[word] != ':' || text_find_byte(t, '\n') != t.len)
        return;
    json_set(w->a, exception, "type", json_new_string(w->a, text_cut(t, 0, word)));
    event_set_text(w, value, text_trim(text_cut(t, word + 1, t.len)));
}

static bool check_exception(struct event_work *w, struct json *v)
{
    bool spoken = json_is(json_get(v, "value"), JSON_STRING);
    struct json *found[EVENT_FIELDS(exception_fields)];

    event_fields(w, v, exception_fields, EVENT_FIELDS(exception_fields), OTHER_DROP, found);
    if (found[TYPE] && found[TYPE]->raw.len)
        return true;
    if (!found[VALUE] || found[VALUE]->raw.len == 0)
        return false;
    if (spoken)
        split_value(w, v, found[VALUE]);
    return true;
}

void event_exception(struct event_work *w, struct json *v, const struct event_field *f)
{
    event_values(w, v, EXCEPTIONS_MAX, check_exception);
}

/* ---- threads ---- */

enum { ID, NAME, CRASHED, CURRENT, MAIN, THREAD_STACK, THREAD_FIELDS_FILLED };

static const struct event_field thread_fields[] = {
    [ID] = EVENT_FIELD("id", event_text_of_any, 256),
    [NAME] = EVENT_FIELD("name", event_text_of_any, 1024),
    [CRASHED] = EVENT_FIELD("crashed", event_bool),
    [CURRENT] = EVENT_FIELD("current", event_bool),
    [MAIN] = EVENT_FIELD("main", event_bool),
    [THREAD_STACK] = EVENT_FIELD("stacktrace", event_stacktrace),
    EVENT_FIELD("raw_stacktrace", event_stacktrace),
    EVENT_FIELD("state", event_text, 128),
    EVENT_FIELD("held_locks", event_bag, 8 * KIB, 5),
};

static bool check_thread(struct event_work *w, struct json *v)
{
    event_fields(w, v, thread_fields, EVENT_FIELDS(thread_fields), OTHER_DROP, NULL);
    return v->count > 0;
}

void event_threads(struct event_work *w, struct json *v, const struct event_field *f)
{
    event_values(w, v, THREADS_MAX, check_thread);
}

/* ---- breadcrumbs ---- */

enum { CRUMB_TIME, CRUMB_TYPE, CRUMB_TY, CRUMB_LEVEL };

static const struct event_field crumb_fields[] = {
    [CRUMB_TIME] = EVENT_FIELD("timestamp", event_time),
    [CRUMB_TYPE] = EVENT_FIELD("type", event_text_trimmed, 128),
    [CRUMB_TY] = EVENT_FIELD("ty", event_text_trimmed, 128),
    [CRUMB_LEVEL] = EVENT_FIELD("level", event_level),
    EVENT_FIELD("category", event_scalar_text, 128),
    EVENT_FIELD("message", event_scalar_text, EVENT_MESSAGE_MAX, 200),
    EVENT_FIELD("data", event_bag, 2 * KIB, 5),
    EVENT_FIELD("event_id", event_text, 64),
    EVENT_FIELD("origin", event_text, 128),
};

static bool check_crumb(struct event_work *w, struct json *v)
{
    struct json *found[EVENT_FIELDS(crumb_fields)];

    event_fields_in_order(w, w->breadcrumbs, v, crumb_fields, EVENT_FIELDS(crumb_fields),
                          OTHER_DROP, found);
    if (v->count == 0)
        return false;
    if (found[CRUMB_TY]) {
        json_take(v, "ty");
        if (!found[CRUMB_TYPE])
            json_set(w->a, v, "type", found[CRUMB_TY]);
    } else if (!found[CRUMB_TYPE]) {
        json_add(v, "type", json_new_plain(w->a, TEXT("default")));
    }
    if (!found[CRUMB_LEVEL])
        json_add(v, "level", json_new_plain(w->a, TEXT("info")));
    return true;
}

void event_breadcrumbs(struct event_work *w, struct json *v, const struct event_field *f)
{
    event_values(w, v, BREADCRUMBS_MAX, check_crumb);
}

/* ---- tree → struct ---- */

static int64_t integer(const struct json *v, int64_t absent)
{
    int64_t n;

    return json_int64(v, &n) ? n : absent;
}

static int8_t tri(const struct json *v)
{
    return v ? v->kind == JSON_TRUE : TRI_UNKNOWN;
}

static void fill_mechanism(const struct json *v, struct arena *a, struct exception *out)
{
    struct json *found[MECH_FIELDS_FILLED];
    const struct json *meta, *ns_error, *signal, *mach;

    event_find(v, mechanism_fields, MECH_FIELDS_FILLED, found);
    meta = found[MECH_META];
    ns_error = json_get(meta, "ns_error");
    signal = json_get(meta, "signal");
    mach = json_get(meta, "mach_exception");
    out->mechanism.present = v != NULL;
    out->mechanism.type = json_string(found[MECH_TYPE], a);
    out->mechanism.source = json_string(found[MECH_SOURCE], a);
    out->mechanism.handled = tri(found[MECH_HANDLED]);
    out->mechanism.synthetic = tri(found[MECH_SYNTHETIC]) == TRI_YES;
    out->mechanism.is_group = tri(found[MECH_IS_GROUP]) == TRI_YES;
    out->mechanism.exception_id = integer(found[MECH_EXCEPTION_ID], -1);
    out->mechanism.parent_id = integer(found[MECH_PARENT_ID], -1);
    out->mechanism.meta = found[MECH_META];
    out->mechanism.ns_error_domain = json_string(json_get(ns_error, "domain"), a);
    out->mechanism.ns_error_code = integer(json_get(ns_error, "code"), INT64_MIN);
    out->mechanism.signal_name = json_string(json_get(signal, "name"), a);
    out->mechanism.signal_number = integer(json_get(signal, "number"), INT64_MIN);
    out->mechanism.mach_exception_name = json_string(json_get(mach, "name"), a);
    out->mechanism.mach_exception = integer(json_get(mach, "exception"), INT64_MIN);
}

static struct text filled_text(const struct json *v, struct arena *a)
{
    struct text t = json_string(v, a);

    return t.len ? t : TEXT_NONE;
}

static void fill_exception(struct json *node, struct arena *a, struct exception *out)
{
    struct json *found[EVENT_FIELDS(exception_fields)];

    event_find(node, exception_fields, EVENT_FIELDS(exception_fields), found);
    *out = (struct exception){
        .type = filled_text(found[TYPE], a),
        .value = filled_text(found[VALUE], a),
        .module = filled_text(found[MODULE], a),
        .thread_id = filled_text(found[THREAD_ID], a),
        .stack = event_fill_stack(found[STACKTRACE], a),
        .raw_stack = event_fill_stack(found[RAW_STACKTRACE], a),
        .node = node,
    };
    fill_mechanism(found[MECHANISM], a, out);
}

bool event_fill_exceptions(struct event *e, struct arena *a)
{
    const struct json *list = json_get(json_get(e->root, "exception"), "values");

    if (!json_is(list, JSON_ARRAY) || list->count == 0)
        return true;
    if (!(e->exceptions = arena_alloc(a, list->count * sizeof *e->exceptions)))
        return false;
    for (struct json *m = list->child; m; m = m->next)
        fill_exception(m, a, &e->exceptions[e->exception_count++]);
    return true;
}

static void fill_thread(struct json *node, struct arena *a, struct thread *out)
{
    struct json *found[THREAD_FIELDS_FILLED];

    event_find(node, thread_fields, THREAD_FIELDS_FILLED, found);
    *out = (struct thread){
        .id = filled_text(found[ID], a),
        .name = filled_text(found[NAME], a),
        .crashed = tri(found[CRASHED]) == TRI_YES,
        .current = tri(found[CURRENT]) == TRI_YES,
        .main = tri(found[MAIN]),
        .stack = event_fill_stack(found[THREAD_STACK], a),
        .node = node,
    };
}

bool event_fill_threads(struct event *e, struct arena *a)
{
    const struct json *list = json_get(json_get(e->root, "threads"), "values");

    if (!json_is(list, JSON_ARRAY) || list->count == 0)
        return true;
    if (!(e->threads = arena_alloc(a, list->count * sizeof *e->threads)))
        return false;
    for (struct json *m = list->child; m; m = m->next)
        fill_thread(m, a, &e->threads[e->thread_count++]);
    return true;
}
