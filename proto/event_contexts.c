/* event_contexts.c -- contexts, the SDK, debug images: maps that are kept mostly as they are. */
#include "proto/event_part.h"

/* ---- contexts ---- */

/* "Microsoft Windows 6.1.7601 S" → Windows 6.1.7601: the words before the first that starts with a
 * digit, and that word. .NET and Unity send nothing else. */
static void split_description(struct event_work *w, struct json *context)
{
    struct text raw = text_trim(json_string(json_get(context, "raw_description"), w->a));
    struct text name, version = TEXT_NONE;
    size_t at = 0;

    if (raw.len == 0 || raw.len > 256 || json_get(context, "name"))
        return;
    while (at < raw.len && !((unsigned char)(raw.at[at] - '0') <= 9 && at && raw.at[at - 1] == ' '))
        at++;
    name = text_trim(text_cut(raw, 0, at));
    if (at < raw.len)
        version = text_cut(raw, at, text_find_byte(text_cut(raw, at, raw.len), ' '));
    if (text_starts(name, "Microsoft "))
        name = text_cut(name, 10, name.len);
    if (name.len == 0)
        return;
    json_set(w->a, context, "name", json_new_string(w->a, name));
    if (version.len && !json_get(context, "version"))
        json_set(w->a, context, "version", json_new_string(w->a, version));
}

void event_contexts(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct json *next;

    if (!event_is_object(w, v))
        return;
    next = v->child;
    v->child = v->last = NULL;
    v->count = 0;
    for (struct json *c = next; c; c = next) {
        next = c->next;
        event_enter(w, c->key);
        if (c->kind != JSON_NULL && event_is_object(w, c)) {
            event_cut_bag(w, c, f->more, f->max);
            split_description(w, c);
            json_push(v, c);
        }
        event_leave(w);
    }
    if (v->count == 0)
        json_to_null(v);
}

/* ---- sdk ---- */

static void check_packages(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (v->kind == JSON_ARRAY)
        event_cut_bag(w, v, f->more, f->max);
    else
        event_refuse(w, v);
}

static const struct event_field sdk_fields[] = {
    EVENT_FIELD("name", event_text, 128),
    EVENT_FIELD("version", event_text_of_any, 128),
    EVENT_FIELD("integrations", check_packages, 8 * KIB, 3),
    EVENT_FIELD("features", check_packages, 8 * KIB, 3),
    EVENT_FIELD("packages", check_packages, 8 * KIB, 4),
    EVENT_FIELD("settings", event_bag, 1 * KIB, 3),
};

void event_sdk(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (event_is_object(w, v))
        event_fields(w, v, sdk_fields, EVENT_FIELDS(sdk_fields), OTHER_DROP, NULL);
    if (v->kind == JSON_OBJECT && v->count == 0)
        json_to_null(v);
}

/* A copy of a tree that may be written to: the envelope's is shared by its items. */
static struct json *copy(const struct json *v, struct arena *a)
{
    struct json *out = json_new(a, v->kind);

    if (!out)
        return NULL;
    *out = *v;
    out->next = NULL;
    if (v->kind != JSON_ARRAY && v->kind != JSON_OBJECT)
        return out;
    out->child = out->last = NULL;
    out->count = 0;
    for (const struct json *m = v->child; m; m = m->next)
        json_push(out, copy(m, a));
    return out;
}

/* The payload's sdk, else the envelope's, else the one of the auth header ("name/version"). */
void event_default_sdk(struct event_work *w)
{
    struct json *root = w->e->root, *sdk = NULL;
    struct text client = w->ctx->sentry_client;
    size_t slash = text_find_byte(client, '/');

    if (json_get(root, "sdk"))
        return;
    if (json_is(w->ctx->envelope_sdk, JSON_OBJECT) && w->ctx->envelope_sdk->count) {
        if ((sdk = copy(w->ctx->envelope_sdk, w->a)))
            event_sdk(w, sdk, NULL);
    } else if (client.len && (sdk = json_new(w->a, JSON_OBJECT))) {
        json_set(w->a, sdk, "name",
                 json_new_string(w->a, text_clip_chars(text_cut(client, 0, slash), 128)));
        if (slash < client.len)
            json_set(w->a, sdk, "version",
                     json_new_string(
                         w->a, text_clip_chars(text_cut(client, slash + 1, client.len), 128)));
    }
    if (sdk && sdk->kind == JSON_OBJECT)
        json_set(w->a, root, "sdk", sdk);
}

/* ---- debug_meta ---- */

static bool is_image(const struct json *v)
{
    static const char *const types[] = {"macho", "apple",    "elf",      "pe",  "pe_dotnet",
                                        "wasm",  "symbolic", "proguard", "jvm", "sourcemap"};
    const struct json *type = json_get(v, "type");

    if (json_is(type, JSON_STRING))
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            if (text_is(type->raw, types[i]))
                return true;
    return false;
}

static void check_images(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct json *next = v->child;

    if (v->kind != JSON_ARRAY) {
        event_refuse(w, v);
        return;
    }
    v->child = v->last = NULL;
    v->count = 0;
    for (struct json *m = next; m; m = next) {
        next = m->next;
        if (is_image(m))
            json_push(v, m);
    }
    if (v->count == 0)
        json_to_null(v);
}

static const struct event_field debug_fields[] = {
    EVENT_FIELD("images", check_images),
    EVENT_FIELD("sdk_info", event_bag, 1 * KIB, 3),
};

void event_debug_meta(struct event_work *w, struct json *v, const struct event_field *f)
{
    if (event_is_object(w, v))
        event_fields(w, v, debug_fields, EVENT_FIELDS(debug_fields), OTHER_DROP, NULL);
    if (v->kind == JSON_OBJECT && v->count == 0)
        json_to_null(v);
}
