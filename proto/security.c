#include "proto/security.h"

#include "proto/limits.h"

const char *security_rc_text(enum security_rc rc)
{
    switch (rc) {
    case SECURITY_OK:
        return "ok";
    case SECURITY_NOT_JSON:
        return "invalid security report: not JSON";
    case SECURITY_NO_REPORT:
        return "invalid security report";
    case SECURITY_SPENT:
        return "security report takes too much memory";
    }
    return "invalid security report";
}

bool security_type_ok(struct text content_type)
{
    static const char *const types[] = {"application/json",
                                        "application/csp-report",
                                        "application/reports+json",
                                        "application/expect-ct-report",
                                        "application/expect-ct-report+json",
                                        "application/expect-staple-report"};
    struct text t = text_trim(text_cut(content_type, 0, text_find_byte(content_type, ';')));

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (text_eq_nocase(t, text_of(types[i])))
            return true;
    return false;
}

/* ---- keys in three spellings ---- */

/* "document-uri", "documentURL", "document_uri" → letters only, in lower case. */
static size_t plain_key(struct text key, char *out, size_t room)
{
    size_t len = 0;

    for (size_t i = 0; i < key.len && len < room; i++) {
        char c = key.at[i];

        if (c != '-' && c != '_')
            out[len++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    return len;
}

static const struct json *get(const struct json *report, const char *plain)
{
    const struct json *found = NULL;
    char key[40];

    if (!json_is(report, JSON_OBJECT))
        return NULL;
    for (const struct json *m = report->child; m; m = m->next) {
        struct text k = {key, plain_key(m->key, key, sizeof key)};

        if (text_is(k, plain) && m->kind != JSON_NULL)
            found = m;
    }
    return found;
}

struct alias {
    const char *stored;   /* our name, snake case */
    const char *plain[2]; /* theirs, as plain_key() leaves them */
};

static const struct alias csp_keys[] = {
    {"document_uri", {"documenturi", "documenturl"}},
    {"referrer", {"referrer", NULL}},
    {"blocked_uri", {"blockeduri", "blockedurl"}},
    {"violated_directive", {"violateddirective", NULL}},
    {"effective_directive", {"effectivedirective", NULL}},
    {"original_policy", {"originalpolicy", NULL}},
    {"disposition", {"disposition", NULL}},
    {"source_file", {"sourcefile", NULL}},
    {"script_sample", {"scriptsample", "sample"}},
    {"status_code", {"statuscode", NULL}},
    {"line_number", {"linenumber", NULL}},
    {"column_number", {"columnnumber", NULL}},
};

static const struct alias other_keys[] = {
    {"date_time", {"datetime", NULL}},
    {"hostname", {"hostname", NULL}},
    {"noted_hostname", {"notedhostname", NULL}},
    {"effective_expiration_date", {"effectiveexpirationdate", NULL}},
    {"response_status", {"responsestatus", NULL}},
    {"cert_status", {"certstatus", NULL}},
    {"port", {"port", NULL}},
    {"include_subdomains", {"includesubdomains", NULL}},
    {"served_certificate_chain", {"servedcertificatechain", NULL}},
    {"validated_certificate_chain", {"validatedcertificatechain", NULL}},
    {"known_pins", {"knownpins", NULL}},
    {"scts", {"scts", NULL}},
};

static struct json *clone(const struct json *v, struct arena *a)
{
    struct json *out = json_new(a, JSON_NULL);

    if (out)
        json_become(out, v);
    return out;
}

/* A report under our names: texts and numbers as texts or numbers, lists as they are. */
static struct json *renamed(const struct json *report, const struct alias *keys, size_t count,
                            struct arena *a)
{
    struct json *out = json_new(a, JSON_OBJECT);

    for (size_t i = 0; out && i < count; i++) {
        const struct json *v = get(report, keys[i].plain[0]);

        if (!v && keys[i].plain[1])
            v = get(report, keys[i].plain[1]);
        if (v)
            json_set(a, out, keys[i].stored, clone(v, a));
    }
    return out;
}

/* Scalars and containers alike become text. */
static void stringify(struct json *object, struct arena *a)
{
    for (struct json *m = object->child; m; m = m->next) {
        struct json *s;

        if (m->kind != JSON_STRING && m->kind != JSON_NUMBER &&
            (s = json_new_string(a, json_as_text(m, a))))
            json_become(m, s);
    }
}

/* ---- the event around a report ---- */

static void set_text(struct json *object, const char *key, struct text t, struct arena *a)
{
    if (t.len)
        json_set(a, object, key, json_new_string(a, t));
}

static struct json *header_pair(const char *name, struct text value, struct arena *a)
{
    struct json *pair = json_new(a, JSON_ARRAY);

    json_push(pair, json_new_string(a, text_of(name)));
    json_push(pair, json_new_string(a, value));
    return pair && pair->count == 2 ? pair : NULL;
}

static struct json *new_event(const struct security_request *q, struct text url,
                              struct text referrer, struct text agent, struct arena *a)
{
    struct json *root = json_new(a, JSON_OBJECT), *request = json_new(a, JSON_OBJECT);
    struct json *headers = json_new(a, JSON_ARRAY), *user = json_new(a, JSON_OBJECT);

    if (!root || !request || !headers || !user)
        return NULL;
    set_text(root, "release", q->release, a);
    set_text(root, "environment", q->environment, a);
    set_text(request, "url", url, a);
    if (agent.len)
        json_push(headers, header_pair("User-Agent", agent, a));
    if (referrer.len)
        json_push(headers, header_pair("Referer", referrer, a));
    if (headers->count)
        json_set(a, request, "headers", headers);
    if (request->count)
        json_set(a, root, "request", request);
    set_text(user, "ip_address", q->client_ip, a);
    if (user->count)
        json_set(a, root, "user", user);
    return root;
}

static bool is_directive(struct text t)
{
    static const char *const known[] = {"base-uri",
                                        "block-all-mixed-content",
                                        "child-src",
                                        "connect-src",
                                        "default-src",
                                        "fenced-frame-src",
                                        "font-src",
                                        "form-action",
                                        "frame-ancestors",
                                        "frame-src",
                                        "img-src",
                                        "manifest-src",
                                        "media-src",
                                        "navigate-to",
                                        "object-src",
                                        "plugin-types",
                                        "prefetch-src",
                                        "referrer",
                                        "reflected-xss",
                                        "report-to",
                                        "report-uri",
                                        "require-sri-for",
                                        "require-trusted-types-for",
                                        "sandbox",
                                        "script-src",
                                        "script-src-attr",
                                        "script-src-elem",
                                        "style-src",
                                        "style-src-attr",
                                        "style-src-elem",
                                        "trusted-types",
                                        "upgrade-insecure-requests",
                                        "worker-src"};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (text_is(t, known[i]))
            return true;
    return false;
}

static struct text first_word(struct text t)
{
    t = text_trim(t);
    return text_cut(t, 0, text_find_byte(t, ' '));
}

/* Firefox sends only violated-directive. TEXT_NONE: neither is a known one. */
static struct text directive_of(const struct json *csp, struct arena *a)
{
    struct text t = first_word(json_string(json_get(csp, "effective_directive"), a));

    if (is_directive(t))
        return t;
    t = first_word(json_string(json_get(csp, "violated_directive"), a));
    return is_directive(t) ? t : TEXT_NONE;
}

static void push_tag(struct json *root, const char *key, struct text value, struct arena *a)
{
    struct json *tags = json_get(root, "tags");

    if (!value.len)
        return;
    if (!tags && (tags = json_new(a, JSON_OBJECT)))
        json_set(a, root, "tags", tags);
    json_set(a, tags, key, json_new_string(a, value));
}

static struct text blocked_of(const struct json *csp, struct arena *a)
{
    struct text t = text_trim(json_string(json_get(csp, "blocked_uri"), a));

    return t.len ? t : TEXT("self");
}

static struct json *csp_event(const struct json *report, struct text agent,
                              const struct security_request *q, struct arena *a)
{
    struct json *csp = renamed(report, csp_keys, sizeof csp_keys / sizeof *csp_keys, a), *root;
    struct text directive, blocked;

    if (!csp)
        return NULL;
    stringify(csp, a);
    directive = directive_of(csp, a);
    if (!directive.len)
        return NULL;
    set_text(csp, "effective_directive", directive, a);
    blocked = blocked_of(csp, a);
    set_text(csp, "blocked_uri", blocked, a);
    root =
        new_event(q, json_string(json_get(csp, "document_uri"), a),
                  json_string(json_get(csp, "referrer"), a), agent.len ? agent : q->user_agent, a);
    if (!root)
        return NULL;
    json_set(a, root, "csp", csp);
    set_text(root, "logger", TEXT("csp"), a);
    push_tag(root, "effective-directive", directive, a);
    /* What stands behind the path differs from visit to visit. */
    blocked = text_cut(blocked, 0, text_find_byte(blocked, '#'));
    push_tag(root, "blocked-uri",
             text_starts(blocked, "https://api.stripe.com/")
                 ? text_cut(blocked, 0, text_find_byte(blocked, '?'))
                 : blocked,
             a);
    return root;
}

static struct json *other_event(const struct json *report, const char *interface,
                                const struct security_request *q, struct arena *a)
{
    struct json *out = renamed(report, other_keys, sizeof other_keys / sizeof *other_keys, a),
                *root;
    struct text host = json_string(json_get(out, "hostname"), a);

    if (!host.len)
        return NULL;
    root = new_event(q, TEXT_NONE, TEXT_NONE, q->user_agent, a);
    if (!root)
        return NULL;
    json_set(a, root, interface, out);
    set_text(root, "logger", text_of(interface), a);
    push_tag(root, "hostname", host, a);
    push_tag(root, "port", json_as_text(json_get(out, "port"), a), a);
    return root;
}

/* One report: of the Reporting API, or wrapped under its name, or bare. */
static struct json *event_of(const struct json *v, const struct security_request *q,
                             struct arena *a)
{
    const struct json *in;
    struct text type = json_string(json_get(v, "type"), a);

    if (type.len && json_is(json_get(v, "body"), JSON_OBJECT))
        return text_is(type, "csp-violation")
                   ? csp_event(json_get(v, "body"), json_string(json_get(v, "user_agent"), a), q, a)
                   : NULL;
    if (json_is(in = get(v, "cspreport"), JSON_OBJECT))
        return csp_event(in, TEXT_NONE, q, a);
    if (json_is(in = get(v, "expectctreport"), JSON_OBJECT))
        return other_event(in, "expectct", q, a);
    if (json_is(in = get(v, "expectstaplereport"), JSON_OBJECT))
        return other_event(in, "expectstaple", q, a);
    if (get(v, "knownpins") || get(v, "notedhostname"))
        return other_event(v, "hpkp", q, a);
    return NULL;
}

/* A browser reports more than violations to the group that it was given: deprecations, crashes … */
static bool is_of_others(const struct json *v, struct arena *a)
{
    struct text type = json_string(json_get(v, "type"), a);

    return type.len && !text_is(type, "csp-violation") && json_is(json_get(v, "body"), JSON_OBJECT);
}

enum security_rc security_read(struct text body, const struct security_request *request,
                               struct arena *a, struct security_reports *out)
{
    struct json *v;
    enum json_rc rc = json_read(body, a, &v, NULL);
    struct json *root;
    bool others = false;

    *out = (struct security_reports){0};
    if (rc != JSON_OK)
        return rc == JSON_SPENT || rc == JSON_TOO_MANY ? SECURITY_SPENT : SECURITY_NOT_JSON;
    if (!(out->roots = arena_alloc(a, SECURITY_REPORTS_MAX * sizeof *out->roots)))
        return SECURITY_SPENT;
    if (v->kind == JSON_ARRAY) {
        for (v = v->child; v && out->count < SECURITY_REPORTS_MAX; v = v->next)
            if ((root = event_of(v, request, a)))
                out->roots[out->count++] = root;
            else
                others |= is_of_others(v, a);
    } else if ((root = event_of(v, request, a))) {
        out->roots[out->count++] = root;
    }
    if (arena_spent(a))
        return SECURITY_SPENT;
    return out->count || others ? SECURITY_OK : SECURITY_NO_REPORT;
}

/* ---- what the event says of itself ---- */

static bool is_self(struct text uri)
{
    return uri.len == 0 || text_is(uri, "self") || text_is(uri, "'self'");
}

/* host[:port] of http(s), else scheme://host, else "scheme:"; a bare word is a scheme. */
static struct text reduce(struct text uri, struct arena *a)
{
    size_t colon = text_find_byte(uri, ':'), end = 0;
    struct text host;

    if (is_self(uri))
        return TEXT("'self'");
    host = text_cut(uri, colon + 1, uri.len);
    if (!text_starts(host, "//"))
        return arena_printf(a, "%.*s:", TEXT_ARG(text_cut(uri, 0, colon)));
    host = text_cut(host, 2, host.len);
    while (end < host.len && !strchr("/?#", host.at[end]))
        end++;
    host.len = end;
    if (text_eq_nocase(text_cut(uri, 0, colon), TEXT("http")) ||
        text_eq_nocase(text_cut(uri, 0, colon), TEXT("https")))
        return host;
    if (!host.len)
        return arena_printf(a, "%.*s:", TEXT_ARG(text_cut(uri, 0, colon)));
    return arena_printf(a, "%.*s://%.*s", TEXT_ARG(text_cut(uri, 0, colon)), TEXT_ARG(host));
}

/* "img-src" → image */
static struct text kind_of(struct text directive)
{
    if (text_starts(directive, "img-"))
        return TEXT("image");
    if (text_is(directive, "form-action"))
        return TEXT("form");
    return text_cut(directive, 0, text_find(directive, TEXT("-src")));
}

static struct text csp_message(const struct json *csp, struct text directive, struct text blocked,
                               struct text host, struct arena *a)
{
    struct text kind = kind_of(directive);
    struct text violated = json_string(json_get(csp, "violated_directive"), a);
    bool in_line = text_is(blocked, "inline"), eval = text_is(blocked, "eval");

    if (text_starts(directive, "script-src") && (is_self(blocked) || in_line || eval)) {
        if (in_line || text_find(violated, TEXT("'unsafe-inline'")) < violated.len)
            return TEXT("Blocked unsafe inline 'script'");
        if (eval || text_find(violated, TEXT("'unsafe-eval'")) < violated.len)
            return TEXT("Blocked unsafe eval() 'script'");
        return TEXT("Blocked unsafe (eval() or inline) 'script'");
    }
    if (is_self(blocked) || in_line)
        return arena_printf(a, "Blocked inline '%.*s'", TEXT_ARG(kind));
    return arena_printf(a, "Blocked '%.*s' from '%.*s'", TEXT_ARG(kind), TEXT_ARG(host));
}

static void fill_other(struct event *e, const char *interface, const char *what, struct arena *a)
{
    struct text host = json_string(json_get(json_get(e->root, interface), "hostname"), a);

    e->security.host = host.len ? host : TEXT("<untitled>");
    e->security.message = arena_printf(a, "%s for '%.*s'", what, TEXT_ARG(e->security.host));
}

void security_fill(struct event *e, struct arena *a)
{
    const struct json *csp = json_get(e->root, "csp");

    switch (e->type) {
    case EVENT_CSP:
        e->security.directive = directive_of(csp, a);
        e->security.blocked_uri = blocked_of(csp, a);
        e->security.host = reduce(e->security.blocked_uri, a);
        e->security.message =
            csp_message(csp, e->security.directive, e->security.blocked_uri, e->security.host, a);
        break;
    case EVENT_HPKP:
        fill_other(e, "hpkp", "Public key pinning validation failed", a);
        break;
    case EVENT_EXPECTCT:
        fill_other(e, "expectct", "Expect-CT failed", a);
        break;
    case EVENT_EXPECTSTAPLE:
        fill_other(e, "expectstaple", "Expect-Staple failed", a);
        break;
    default:
        break;
    }
}

static bool is_noisy(struct text uri)
{
    static const char *const schemes[] = {"chrome-extension:",
                                          "moz-extension:",
                                          "safari-extension:",
                                          "safari-web-extension:",
                                          "ms-browser-extension:",
                                          "resource:",
                                          "jar:",
                                          "about"};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (text_starts_nocase(uri, schemes[i]))
            return true;
    return text_is(uri, "chrome-extension") || text_is(uri, "moz-extension") ||
           text_starts_nocase(uri, "http://localhost") ||
           text_starts_nocase(uri, "https://localhost");
}

bool security_is_noise(const struct event *e)
{
    const struct json *source = json_get(json_get(e->root, "csp"), "source_file");

    return e->type == EVENT_CSP && (is_noisy(e->security.blocked_uri) ||
                                    (json_is(source, JSON_STRING) && is_noisy(source->raw)));
}
