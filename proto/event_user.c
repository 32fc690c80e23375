/* event_user.c -- who it happened to: the user, and which address is theirs. */
#include "proto/event_part.h"

#include <arpa/inet.h>

static bool is_address(struct text t)
{
    char z[INET6_ADDRSTRLEN + 1], out[16];

    if (t.len == 0 || t.len >= sizeof z)
        return false;
    memcpy(z, t.at, t.len);
    z[t.len] = '\0';
    return inet_pton(AF_INET, z, out) == 1 || inet_pton(AF_INET6, z, out) == 1;
}

static bool is_auto(struct text t)
{
    return text_is(t, "{{auto}}");
}

static void check_address(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct text t = text_trim(v->raw);

    if (v->kind == JSON_STRING && t.len == 0)
        json_to_null(v);
    else if (v->kind != JSON_STRING || !(is_auto(t) || is_address(t)))
        event_refuse(w, v);
    else if (t.len != v->raw.len)
        event_set_text(w, v, t);
}

enum { ID, EMAIL, USERNAME, IP, NAME, DATA };

static const struct event_field fields[] = {
    [ID] = EVENT_FIELD("id", event_text_of_any, 128),
    [EMAIL] = EVENT_FIELD("email", event_text_of_any, 75),
    [USERNAME] = EVENT_FIELD("username", event_text_of_any, 128),
    [IP] = EVENT_FIELD("ip_address", check_address),
    [NAME] = EVENT_FIELD("name", event_text_of_any, 128),
    [DATA] = EVENT_FIELD("data", event_bag, 2 * KIB, 5),
    EVENT_FIELD("segment", event_text_of_any, 128),
    EVENT_FIELD("geo", event_bag, 1 * KIB, 3),
};

static bool is_known(struct text key)
{
    for (size_t i = 0; i < EVENT_FIELDS(fields); i++)
        if (text_is(key, fields[i].key))
            return true;
    return false;
}

/* Members that are not ours belong into `data`. */
static void move_others(struct event_work *w, struct json *user, struct json *data)
{
    struct json *next = user->child, *others = NULL;

    user->child = user->last = NULL;
    user->count = 0;
    for (struct json *m = next; m; m = next) {
        next = m->next;
        if (is_known(m->key)) {
            json_push(user, m);
            continue;
        }
        if (!others && !(others = data ? data : json_new(w->a, JSON_OBJECT)))
            return;
        json_push(others, m);
    }
    if (!others)
        return;
    event_cut_bag(w, others, fields[DATA].more, fields[DATA].max);
    if (!data)
        json_set(w->a, user, "data", others);
}

void event_user(struct event_work *w, struct json *v, const struct event_field *f)
{
    struct json *found[EVENT_FIELDS(fields)];

    if (!event_is_object(w, v))
        return;
    event_fields(w, v, fields, EVENT_FIELDS(fields), OTHER_KEEP, found);
    move_others(w, v, found[DATA]);
    if (v->count == 0)
        json_to_null(v);
}

/* ---- addresses ---- */

enum infer { INFER_LEGACY, INFER_AUTO, INFER_NEVER };

static enum infer infer_setting(const struct json *root)
{
    const struct json *v = json_get(json_get(json_get(root, "sdk"), "settings"), "infer_ip");

    if (!v || v->kind == JSON_NULL || (v->kind == JSON_STRING && text_is(v->raw, "legacy")))
        return INFER_LEGACY;
    return v->kind == JSON_STRING && text_is(v->raw, "auto") ? INFER_AUTO : INFER_NEVER;
}

static void set_user_ip(struct event_work *w, struct text ip)
{
    struct json *root = w->e->root, *user = json_get(root, "user");

    if (!ip.len) {
        json_take(user, "ip_address");
        if (user && user->count == 0)
            json_take(root, "user");
        return;
    }
    if (!user && (user = json_new(w->a, JSON_OBJECT)))
        json_set(w->a, root, "user", user);
    json_set(w->a, user, "ip_address", json_new_string(w->a, ip));
}

/* Clients whose server side is the browser or the phone: the sender is the user. */
static bool sender_is_user(const struct json *root)
{
    const struct json *platform = json_get(root, "platform");

    return platform && (text_is(platform->raw, "javascript") || text_is(platform->raw, "cocoa") ||
                        text_is(platform->raw, "objc"));
}

void event_infer_ip(struct event_work *w)
{
    struct json *root = w->e->root;
    struct json *env = json_get(json_get(root, "request"), "env");
    struct json *remote = json_get(env, "REMOTE_ADDR");
    struct text sender = is_address(w->ctx->client_ip) ? w->ctx->client_ip : TEXT_NONE;
    struct text ip = json_string(json_get(json_get(root, "user"), "ip_address"), w->a);
    enum infer infer = infer_setting(root);

    if (json_is(remote, JSON_STRING) && is_auto(remote->raw)) {
        if (infer == INFER_NEVER || !sender.len)
            json_take(env, "REMOTE_ADDR");
        else
            event_set_text(w, remote, sender);
    }
    if (is_auto(ip))
        set_user_ip(w, infer == INFER_NEVER ? TEXT_NONE : sender);
    else if (ip.len)
        return;
    else if (infer == INFER_AUTO && sender.len)
        set_user_ip(w, sender);
    else if (infer == INFER_LEGACY && json_is(remote, JSON_STRING) && is_address(remote->raw))
        set_user_ip(w, remote->raw);
    else if (infer == INFER_LEGACY && sender.len && sender_is_user(root))
        set_user_ip(w, sender);
}

/* ---- tree → struct ---- */

/* Scrubbed away is not known. */
static struct text filled(const struct json *v, struct arena *a)
{
    struct text t = json_string(v, a);

    return t.len && !text_is(t, "[Filtered]") && !text_is(t, "[ip]") ? t : TEXT_NONE;
}

void event_fill_user(struct event *e, struct arena *a)
{
    struct json *found[EVENT_FIELDS(fields)];

    event_find(e->user, fields, EVENT_FIELDS(fields), found);
    e->user_id = filled(found[ID], a);
    e->user_email = filled(found[EMAIL], a);
    e->user_username = filled(found[USERNAME], a);
    e->user_ip = filled(found[IP], a);
    if (e->user_id.at)
        e->user_key = arena_join(a, TEXT("id:"), e->user_id, TEXT_NONE);
    else if (e->user_username.at)
        e->user_key = arena_join(a, TEXT("username:"), e->user_username, TEXT_NONE);
    else if (e->user_email.at)
        e->user_key = arena_join(a, TEXT("email:"), e->user_email, TEXT_NONE);
    else if (e->user_ip.at)
        e->user_key = arena_join(a, TEXT("ip:"), e->user_ip, TEXT_NONE);
}
