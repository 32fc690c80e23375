/* event_tags.c -- tags: the client's, made into a list of pairs, and those derived from the event.
 */
#include "proto/event_part.h"

enum { DERIVED_MAX = 40 };

/* ---- the client's ---- */

/* Spaces become dashes; then only [a-zA-Z0-9_.:-] is allowed. TEXT_NONE: no key. */
static struct text tag_key(struct text key, struct arena *a)
{
    char *copy = NULL;

    key = text_trim(key);
    key = text_clip_chars(key, TAG_KEY_MAX);
    for (size_t i = 0; i < key.len; i++) {
        unsigned char c = (unsigned char)key.at[i];

        if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
            c == '.' || c == ':' || c == '-')
            continue;
        if (c != ' ' || (!copy && !(copy = arena_dup(a, key.at, key.len))))
            return TEXT_NONE;
        copy[i] = '-';
        key.at = copy;
    }
    return key.len ? key : TEXT_NONE;
}

/* A string, or null. */
static void tag_value(struct event_work *w, struct json *v)
{
    struct text t;

    event_as_text(w, v);
    if (v->kind == JSON_NULL)
        return;
    t = json_string(v, w->a);
    if (!t.at || text_find_byte(text_trim(t), '\n') != text_trim(t).len) {
        event_refuse(w, v);
        return;
    }
    t = text_clip_chars(text_trim(t), TAG_VALUE_MAX);
    if (t.len == 0)
        json_to_null(v);
    else if (t.len != v->raw.len)
        event_set_text(w, v, t);
}

static bool is_reserved(struct text key)
{
    return text_is(key, "release") || text_is(key, "dist") || text_is(key, "user") ||
           text_is(key, "filename") || text_is(key, "function") || text_starts(key, "sentry:");
}

static bool is_taken(const struct json *pairs, struct text key)
{
    for (const struct json *p = pairs->child; p; p = p->next)
        if (text_eq(p->child->raw, key)) /* keys have nothing to escape */
            return true;
    return false;
}

struct json *event_new_pair(struct arena *a, struct text key, struct json *value)
{
    struct json *pair = json_new(a, JSON_ARRAY), *name = json_new_string(a, key);

    if (!pair || !name || !value)
        return NULL;
    value->key = TEXT_NONE;
    value->key_escaped = false;
    json_push(pair, name);
    json_push(pair, value);
    return pair;
}

static void take_tag(struct event_work *w, struct json *pairs, struct text sent_key,
                     struct json *value)
{
    struct text key;

    event_enter(w, sent_key);
    key = tag_key(sent_key, w->a);
    if (!key.at)
        event_note_here(w, "invalid_data", value);
    else
        tag_value(w, value);
    event_leave(w);
    if (!key.at || value->kind == JSON_NULL || is_reserved(key))
        return;
    if (text_is(key, "environment"))
        w->tagged_environment = json_string(value, w->a);
    else if (pairs->count < TAGS_MAX && !is_taken(pairs, key))
        json_push(pairs, event_new_pair(w->a, key, value));
}

void event_tags(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct json *pairs = json_new(w->a, JSON_ARRAY), *next;

    if (!pairs || (v->kind != JSON_OBJECT && v->kind != JSON_ARRAY)) {
        event_refuse(w, v);
        return;
    }
    for (struct json *m = v->child; m; m = next) {
        next = m->next;
        if (v->kind == JSON_OBJECT) {
            if (m->kind != JSON_NULL)
                take_tag(w, pairs, m->key, m);
        } else if (m->kind == JSON_ARRAY && m->count == 2) {
            struct json *value = m->child->next;

            if (m->child->kind != JSON_NULL && value->kind != JSON_NULL)
                take_tag(w, pairs, json_as_text(m->child, w->a), value);
        } else if (m->kind != JSON_NULL) {
            event_note_here(w, "invalid_data", m);
        }
    }
    if (pairs->count)
        json_become(v, pairs);
    else
        json_to_null(v);
}

void event_add_tag(struct event_work *w, struct text key, struct text value)
{
    struct json *pairs = json_get(w->e->root, "tags");

    value = text_clip_chars(value, TAG_VALUE_MAX);
    if (value.len == 0 || text_find_byte(value, '\n') != value.len)
        return;
    if (!pairs) {
        pairs = json_new(w->a, JSON_ARRAY);
        json_set(w->a, w->e->root, "tags", pairs);
    }
    if (pairs && !is_taken(pairs, key))
        json_push(pairs, event_new_pair(w->a, key, json_new_string(w->a, value)));
}

/* ---- derived ones, after scrubbing ---- */

struct tags {
    struct event *e;
    struct arena *a;
    uint32_t room;
};

/* What scrubbing left of a value is no value: nobody wants to count "[Filtered]". */
static bool is_worth_counting(struct text value)
{
    return value.len && !text_is(value, "[Filtered]");
}

static void add(struct tags *t, struct text key, struct text value, bool replace)
{
    value = text_clip_chars(text_trim(value), TAG_VALUE_MAX);
    if (!is_worth_counting(value))
        return;
    for (uint32_t i = 0; i < t->e->tag_count; i++)
        if (text_eq(t->e->tags[i].key, key)) {
            if (replace)
                t->e->tags[i].value = value;
            return;
        }
    if (t->e->tag_count < t->room)
        t->e->tags[t->e->tag_count++] = (struct tag){key, value};
}

static void add_clients(struct tags *t)
{
    const struct json *pairs = json_get(t->e->root, "tags");

    if (!json_is(pairs, JSON_ARRAY))
        return;
    for (const struct json *p = pairs->child; p && t->e->tag_count < TAGS_MAX; p = p->next) {
        struct text key = json_string(p->child, t->a), value;

        if (!key.len || !p->child->next)
            continue;
        value = json_string(p->child->next, t->a);
        if (is_worth_counting(value))
            t->e->tags[t->e->tag_count++] = (struct tag){key, value};
    }
}

static void add_under(struct tags *t, struct text prefix, const char *suffix, struct text value)
{
    if (value.len)
        add(t, arena_join(t->a, prefix, text_of(suffix), TEXT_NONE), value, false);
}

/* "Windows 10" and "Windows". */
static void add_named(struct tags *t, struct text prefix, const struct json *context)
{
    struct text name = json_as_text(json_get(context, "name"), t->a);
    struct text version = json_as_text(json_get(context, "version"), t->a);

    if (name.len == 0)
        return;
    add(t, prefix, version.len ? arena_join(t->a, name, TEXT(" "), version) : name, false);
    add_under(t, prefix, ".name", name);
}

/* The tag is called after the key of the context, what it says after its type. */
static void add_context(struct tags *t, const struct json *context)
{
    struct text type = json_string(json_get(context, "type"), t->a);
    struct text prefix = tag_key(context->key, t->a);
    bool rooted;

    if (!prefix.at || context->kind != JSON_OBJECT)
        return;
    if (type.len == 0)
        type = context->key;
    if (text_is(type, "os") || text_is(type, "client_os")) {
        add_named(t, prefix, context);
        if (json_boolean(json_get(context, "rooted"), &rooted))
            add_under(t, prefix, ".rooted", text_of(rooted ? "yes" : "no"));
    } else if (text_is(type, "runtime") || text_is(type, "browser")) {
        add_named(t, prefix, context);
    } else if (text_is(type, "device")) {
        add(t, prefix, json_as_text(json_get(context, "model"), t->a), false);
        add_under(t, prefix, ".family", json_as_text(json_get(context, "family"), t->a));
    } else if (text_is(type, "gpu")) {
        add_under(t, prefix, ".name", json_as_text(json_get(context, "name"), t->a));
        add_under(t, prefix, ".vendor", json_as_text(json_get(context, "vendor_name"), t->a));
    } else if (text_is(type, "app")) {
        add_under(t, prefix, ".device", json_as_text(json_get(context, "device_app_hash"), t->a));
    }
}

static void add_mechanism(struct tags *t)
{
    const struct exception *main = event_main_exception(t->e);
    int8_t handled = TRI_UNKNOWN;

    for (uint32_t i = 0; i < t->e->exception_count; i++) {
        int8_t one = t->e->exceptions[i].mechanism.handled;

        if (one == TRI_NO || handled == TRI_UNKNOWN)
            handled = one;
    }
    if (main && main->mechanism.present)
        add(t, TEXT("mechanism"), main->mechanism.type, false);
    if (handled != TRI_UNKNOWN)
        add(t, TEXT("handled"), text_of(handled == TRI_NO ? "no" : "yes"), false);
}

bool event_fill_tags(struct event *e, struct arena *a)
{
    struct tags t = {.e = e, .a = a, .room = TAGS_MAX + DERIVED_MAX};

    if (!(e->tags = arena_alloc(a, t.room * sizeof *e->tags)))
        return false;
    add_clients(&t);
    add(&t, TEXT("level"), text_of(level_name(e->level)), true);
    add(&t, TEXT("logger"), e->logger, true);
    add(&t, TEXT("environment"), e->environment, true);
    add(&t, TEXT("transaction"), e->transaction, true);
    add(&t, TEXT("release"), e->release, true);
    add(&t, TEXT("dist"), e->dist, true);
    add(&t, TEXT("user"), e->user_key, true);
    add(&t, TEXT("url"), e->request_url, false);
    add_mechanism(&t);
    if (json_is(e->contexts, JSON_OBJECT))
        for (const struct json *c = e->contexts->child; c; c = c->next)
            add_context(&t, c);
    return true;
}
