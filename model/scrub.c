/* scrub.c -- which parts of an event meet which rules. */
#include "model/scrub.h"

#include "model/scrub_rules.h"

struct scrubber {
    const struct scrub_conf *conf;
    struct arena *a;
    struct scrub_words *own; /* the project's sensitive fields */
    bool secrets;            /* the built-in rules apply */
};

/* How closely a value is looked at. */
enum care {
    CARE_ALL,      /* telling words in the value filter it as a whole */
    CARE_PATTERNS, /* only keys and patterns */
};

static bool start(struct scrubber *s, const struct scrub_conf *conf, struct arena *a)
{
    *s = (struct scrubber){.conf = conf, .a = a, .secrets = conf->enabled && conf->defaults};
    if (conf->enabled && conf->sensitive_count &&
        !(s->own = scrub_words_new(conf->sensitive, conf->sensitive_count, a)))
        return false;
    return conf->enabled || conf->ip_addresses;
}

static bool is_safe(const struct scrubber *s, struct text key)
{
    for (uint32_t i = 0; key.len && i < s->conf->safe_count; i++)
        if (text_eq_nocase(s->conf->safe[i], key))
            return true;
    return false;
}

static void filter(struct json *v)
{
    if (v->kind == JSON_NULL || v->kind == JSON_TRUE || v->kind == JSON_FALSE)
        return; /* nothing to give away */
    json_become(v, &(struct json){.kind = JSON_STRING, .raw = TEXT(SCRUB_FILTERED)});
}

static void set_text(struct scrubber *s, struct json *v, struct text t)
{
    struct json *n = t.at ? json_new_string(s->a, t) : NULL;

    if (n)
        json_become(v, n);
    else
        filter(v); /* no memory to keep the rest of it: rather lose it than leak it */
}

static void scrub_string(struct scrubber *s, struct json *v, enum care care)
{
    struct text t = json_string(v, s->a), clean;
    struct scrub_signs signs = scrub_look(t);

    if (!t.at || (care == CARE_ALL && ((s->secrets && scrub_secret_value(t, signs)) ||
                                       (s->own && scrub_words_in(s->own, t))))) {
        filter(v);
        return;
    }
    if (!signs.seen && !s->conf->ip_addresses)
        return; /* almost every text */
    clean = scrub_replace(t, signs,
                          (struct scrub_patterns){.style = SCRUB_FILTER,
                                                  .secrets = s->secrets,
                                                  .ip = s->conf->ip_addresses},
                          s->a);
    if (clean.at != t.at)
        set_text(s, v, clean);
}

/* Card numbers come as numbers, too. */
static void scrub_number(struct scrubber *s, struct json *v)
{
    struct text clean;

    if (!s->secrets || v->raw.len < 15)
        return;
    clean = scrub_replace(v->raw, scrub_look(v->raw),
                          (struct scrub_patterns){.style = SCRUB_FILTER, .secrets = true}, s->a);
    if (clean.at != v->raw.at)
        filter(v);
}

static bool is_secret_key(const struct scrubber *s, struct text key)
{
    return key.len && ((s->secrets && scrub_secret_key(key, scrub_look(key))) ||
                       (s->own && scrub_words_in(s->own, key)));
}

static bool is_pair(const struct json *v)
{
    return v->kind == JSON_ARRAY && v->count == 2 && v->child->kind == JSON_STRING;
}

static void scrub_any(struct scrubber *s, struct json *v, struct text key, enum care care);

static void scrub_children(struct scrubber *s, struct json *v, enum care care)
{
    for (struct json *m = v->child; m; m = m->next) {
        if (v->kind == JSON_OBJECT)
            scrub_any(s, m, m->key, care);
        else if (is_pair(m)) /* of a list of pairs */
            scrub_any(s, m->child->next, json_string(m->child, s->a), care);
        else
            scrub_any(s, m, TEXT_NONE, care);
    }
}

/* Attributes of spans and logs that carry cookies. */
static bool is_cookie_attribute(struct text key, bool *whole)
{
    static const char name[] = "http.request.header.cookie";

    if (key.len < sizeof name - 1 || !text_starts(key, name))
        return false;
    *whole = key.len == sizeof name - 1 || scrub_secret_cookie(text_cut(key, sizeof name, key.len));
    return true;
}

static void scrub_any(struct scrubber *s, struct json *v, struct text key, enum care care)
{
    bool whole = false;

    if (v->kind == JSON_NULL || is_safe(s, key))
        return;
    if (is_secret_key(s, key) || (s->secrets && is_cookie_attribute(key, &whole) && whole)) {
        filter(v);
        return;
    }
    switch (v->kind) {
    case JSON_STRING:
        scrub_string(s, v, care);
        break;
    case JSON_NUMBER:
        scrub_number(s, v);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        scrub_children(s, v, care);
        break;
    }
}

static void scrub_member(struct scrubber *s, struct json *object, const char *key)
{
    struct json *v = json_get(object, key);

    if (v)
        scrub_any(s, v, text_of(key), CARE_ALL);
}

static void scrub_readable(struct scrubber *s, struct json *v)
{
    struct text t = json_string(v, s->a), clean;

    if (!t.at)
        return;
    clean = scrub_text(t, s->conf, s->a);
    if (clean.at != t.at)
        set_text(s, v, clean);
}

/* ---- the parts of an event ---- */

static void scrub_stack(struct scrubber *s, const struct json *stacktrace)
{
    const struct json *frames = json_get(stacktrace, "frames");

    for (struct json *f = json_is(frames, JSON_ARRAY) ? frames->child : NULL; f; f = f->next) {
        struct json *vars = json_get(f, "vars");

        if (vars)
            scrub_children(s, vars, CARE_ALL);
    }
}

/* Of exceptions and threads. */
static void scrub_stacks(struct scrubber *s, const struct json *interface)
{
    const struct json *values = json_get(interface, "values");

    for (struct json *m = json_is(values, JSON_ARRAY) ? values->child : NULL; m; m = m->next) {
        scrub_stack(s, json_get(m, "stacktrace"));
        scrub_stack(s, json_get(m, "raw_stacktrace"));
        scrub_member(s, json_get(m, "mechanism"), "data");
    }
}

static void scrub_breadcrumbs(struct scrubber *s, const struct json *breadcrumbs)
{
    const struct json *values = json_get(breadcrumbs, "values");

    for (struct json *m = json_is(values, JSON_ARRAY) ? values->child : NULL; m; m = m->next) {
        scrub_member(s, m, "message");
        scrub_member(s, m, "data");
    }
}

static void scrub_cookies(struct scrubber *s, struct json *pairs)
{
    if (!pairs || !s->secrets)
        return;
    for (struct json *p = pairs->child; p; p = p->next)
        if (is_pair(p) && scrub_secret_cookie(json_string(p->child, s->a)) &&
            !is_safe(s, json_string(p->child, s->a)))
            filter(p->child->next);
}

static void scrub_headers(struct scrubber *s, struct json *pairs)
{
    for (struct json *p = pairs ? pairs->child : NULL; p; p = p->next) {
        struct text name = is_pair(p) ? json_string(p->child, s->a) : TEXT_NONE;
        struct json *value = name.at ? p->child->next : NULL;

        if (!value || text_eq_nocase(name, TEXT("user-agent")))
            continue;
        if (s->secrets && text_ends(name, "ookie") &&
            scrub_secret_cookies(json_string(value, s->a)) && !is_safe(s, name))
            filter(value);
        else
            scrub_any(s, value, name, CARE_ALL);
    }
}

static void scrub_request(struct scrubber *s, struct json *request)
{
    struct json *url = json_get(request, "url"), *cookies = json_get(request, "cookies");

    if (!request)
        return;
    if (json_is(url, JSON_STRING)) /* its password, not its path */
        scrub_any(s, url, TEXT_NONE, CARE_PATTERNS);
    scrub_cookies(s, cookies);
    scrub_headers(s, json_get(request, "headers"));
    scrub_member(s, request, "cookies");
    scrub_member(s, request, "query_string");
    scrub_member(s, request, "fragment");
    scrub_member(s, request, "data");
    if (s->conf->ip_addresses)
        json_take(json_get(request, "env"), "REMOTE_ADDR");
    scrub_member(s, request, "env");
}

/* Who it was stays, but for card numbers and the like; what else is known of them does not. */
static void scrub_user(struct scrubber *s, struct json *user)
{
    static const char *const names[] = {"id", "email", "username", "name"};

    if (s->conf->ip_addresses)
        json_take(user, "ip_address");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct json *v = json_get(user, names[i]);

        if (v)
            scrub_any(s, v, text_of(names[i]), CARE_PATTERNS);
    }
    scrub_member(s, user, "data");
}

/* Contexts about the machine hold nothing of a person, and "auth" in an application's name is no
 * secret. */
static bool is_about_machine(struct text key)
{
    static const char *const known[] = {"device", "os",      "client_os",     "runtime", "browser",
                                        "app",    "gpu",     "culture",       "profile", "replay",
                                        "flags",  "monitor", "cloud_resource"};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (text_is(key, known[i]))
            return true;
    return false;
}

static void scrub_contexts(struct scrubber *s, struct json *contexts)
{
    for (struct json *c = contexts ? contexts->child : NULL; c; c = c->next) {
        if (text_is(c->key, "trace"))
            scrub_member(s, c, "data");
        else if (text_is(c->key, "feedback"))
            continue; /* what a person wrote for us to read */
        else if (!is_about_machine(c->key))
            scrub_any(s, c, c->key, CARE_ALL);
    }
}

static void scrub_logentry(struct scrubber *s, struct json *logentry)
{
    scrub_readable(s, json_get(logentry, "formatted"));
    scrub_readable(s, json_get(logentry, "message"));
    scrub_member(s, logentry, "params");
}

/* The value under a name such as "extra.password": the whole path is its key. */
static void scrub_notes(struct scrubber *s, const struct json *errors)
{
    for (struct json *n = json_is(errors, JSON_ARRAY) ? errors->child : NULL; n; n = n->next) {
        struct json *value = json_get(n, "value");

        if (value)
            scrub_any(s, value, json_string(json_get(n, "name"), s->a), CARE_ALL);
    }
}

static void scrub_spans(struct scrubber *s, const struct json *spans)
{
    for (struct json *m = json_is(spans, JSON_ARRAY) ? spans->child : NULL; m; m = m->next) {
        scrub_member(s, m, "data");
        scrub_member(s, m, "tags");
        if (json_is(json_get(m, "description"), JSON_STRING))
            scrub_any(s, json_get(m, "description"), TEXT_NONE, CARE_PATTERNS);
    }
}

bool scrub_event(struct event *e, const struct scrub_conf *conf, struct arena *a)
{
    struct scrubber s;
    struct json *root = e->root, *tags;

    if (!start(&s, conf, a))
        return !arena_spent(a);
    for (struct json *m = root->child; m; m = m->next) {
        if (text_is(m->key, "exception") || text_is(m->key, "threads"))
            scrub_stacks(&s, m);
        else if (text_is(m->key, "stacktrace"))
            scrub_stack(&s, m);
        else if (text_is(m->key, "spans"))
            scrub_spans(&s, m);
    }
    scrub_breadcrumbs(&s, json_get(root, "breadcrumbs"));
    scrub_request(&s, json_get(root, "request"));
    scrub_user(&s, json_get(root, "user"));
    scrub_contexts(&s, json_get(root, "contexts"));
    scrub_logentry(&s, json_get(root, "logentry"));
    scrub_notes(&s, json_get(root, "errors"));
    scrub_member(&s, root, "extra");
    if ((tags = json_get(root, "tags")))
        scrub_any(&s, tags, TEXT_NONE, CARE_PATTERNS);
    if (conf->ip_addresses)
        json_take(json_get(root, "sdk"), "client_ip");
    return !arena_spent(a);
}

bool scrub_value(struct json *v, struct text key, const struct scrub_conf *conf, struct arena *a)
{
    struct scrubber s;

    if (!v || !start(&s, conf, a))
        return !arena_spent(a);
    if (conf->ip_addresses && (text_is(key, "client.address") || text_is(key, "user.ip_address")))
        json_to_null(v);
    scrub_any(&s, v, key, CARE_ALL);
    return !arena_spent(a);
}

struct text scrub_text(struct text t, const struct scrub_conf *conf, struct arena *a)
{
    struct scrub_patterns which = {.style = SCRUB_READABLE,
                                   .secrets = conf->enabled && conf->defaults,
                                   .ip = conf->ip_addresses};

    return t.len ? scrub_replace(t, scrub_look(t), which, a) : t;
}
