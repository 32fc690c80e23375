#include "proto/dsn.h"

#include "proto/base64.h"
#include "proto/form.h"

enum { KEY_BYTES = 32 };

const char *auth_rc_text(enum auth_rc rc)
{
    switch (rc) {
    case AUTH_OK:
        return "ok";
    case AUTH_ABSENT:
        return "missing authorization information";
    case AUTH_BAD:
        return "bad x-sentry-auth header";
    case AUTH_VERSION:
        return "unsupported protocol version";
    case AUTH_KEY:
        return "bad sentry DSN public key";
    }
    return "bad x-sentry-auth header";
}

struct text dsn_key(struct text t)
{
    t = text_cut(t, 0, text_find_byte(t, '.'));
    if (t.len != KEY_BYTES)
        return TEXT_NONE;
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] <= ' ' || t.at[i] > '~')
            return TEXT_NONE;
    return t;
}

/* Cut *t at the first `byte`: what stands before it. False: it is not there. */
static bool cut_at(struct text *t, char byte, struct text *before)
{
    size_t at = text_find_byte(*t, byte);

    if (at == t->len)
        return false;
    *before = text_cut(*t, 0, at);
    *t = text_cut(*t, at + 1, t->len);
    return true;
}

static struct text strip_slashes(struct text t)
{
    while (text_starts(t, "/"))
        t = text_cut(t, 1, t.len);
    while (text_ends(t, "/"))
        t.len--;
    return t;
}

/* host, host:port, [v6]:port */
static bool read_host(struct text t, struct dsn *out)
{
    unsigned long long port;
    size_t colon = t.len;

    while (colon > 0 && t.at[colon - 1] != ':' && t.at[colon - 1] != ']')
        colon--;
    if (colon > 0 && t.at[colon - 1] == ':') {
        if (!text_u64(text_cut(t, colon, t.len), &port) || port == 0 || port > 65535)
            return false;
        out->port = (uint32_t)port;
        t.len = colon - 1;
    }
    out->host = t;
    return t.len > 0;
}

bool dsn_read(struct text t, struct dsn *out)
{
    struct text user, project;
    unsigned long long number;
    size_t slash;

    *out = (struct dsn){0};
    t = text_trim(t);
    if (!cut_at(&t, ':', &out->scheme) || !text_starts(t, "//"))
        return false;
    if (text_eq_nocase(out->scheme, TEXT("https")))
        out->port = 443;
    else if (text_eq_nocase(out->scheme, TEXT("http")))
        out->port = 80;
    else
        return false;
    t = text_cut(t, 2, t.len);
    if (!cut_at(&t, '@', &user))
        return false;
    out->key = dsn_key(text_cut(user, 0, text_find_byte(user, ':')));
    slash = text_find_byte(t, '/');
    if (!out->key.at || !read_host(text_cut(t, 0, slash), out))
        return false;
    t = text_cut(t, slash, t.len);
    t = strip_slashes(text_cut(t, 0, text_find_byte(t, '?')));
    for (slash = t.len; slash > 0 && t.at[slash - 1] != '/'; slash--)
        ;
    project = text_cut(t, slash, t.len);
    out->path = strip_slashes(text_cut(t, 0, slash));
    if (!text_u64(project, &number) || number == 0 || number > UINT32_MAX)
        return false;
    out->project = (uint32_t)number;
    return true;
}

/* ---- auth values ---- */

/* The integer before a point; 7 when there is none. */
static bool read_version(struct text t, uint32_t *out)
{
    unsigned long long n;

    if (!text_u64(text_cut(t, 0, text_find_byte(t, '.')), &n) || n > 1000000)
        return false;
    *out = (uint32_t)n;
    return true;
}

static enum auth_rc settle(struct text key, struct auth *out)
{
    if (key.len == 0)
        return AUTH_BAD;
    if (out->version > SENTRY_PROTOCOL)
        return AUTH_VERSION;
    out->key = dsn_key(key);
    return out->key.at ? AUTH_OK : AUTH_KEY;
}

/* One key=value, of a header or a query. False: a version that is none. */
static bool take_pair(struct text key, struct text value, struct text *sent, struct auth *out)
{
    if (text_is(key, "sentry_key"))
        *sent = value;
    else if (text_is(key, "sentry_client") && value.len)
        out->client = value;
    else if (text_is(key, "sentry_version") && value.len)
        return read_version(value, &out->version);
    return true;
}

enum auth_rc auth_read_header(struct text value, struct auth *out)
{
    struct text key = TEXT_NONE, piece, name;

    *out = (struct auth){.version = SENTRY_PROTOCOL};
    value = text_trim(value);
    if (!text_starts_nocase(value, "sentry "))
        return AUTH_ABSENT;
    value = text_cut(value, 7, value.len);
    while (value.len) {
        if (!cut_at(&value, ',', &piece)) {
            piece = value;
            value = TEXT_NONE;
        }
        if (cut_at(&piece, '=', &name) && !take_pair(text_trim(name), text_trim(piece), &key, out))
            return AUTH_BAD;
    }
    return settle(key, out);
}

enum auth_rc auth_read_authorization(struct text value, struct arena *a, struct auth *out)
{
    struct dsn dsn;

    *out = (struct auth){.version = SENTRY_PROTOCOL};
    value = text_trim(value);
    if (text_starts_nocase(value, "basic ")) {
        struct text plain = base64_read(text_cut(value, 6, value.len), a);

        /* Somebody's proxy may have its own passwords: what cannot be a key is not meant for us. */
        out->key = dsn_key(text_cut(plain, 0, text_find_byte(plain, ':')));
        return out->key.at ? AUTH_OK : AUTH_ABSENT;
    }
    if (text_starts_nocase(value, "dsn ")) {
        if (!dsn_read(text_cut(value, 4, value.len), &dsn))
            return AUTH_BAD;
        out->key = dsn.key;
        return AUTH_OK;
    }
    return auth_read_header(value, out);
}

enum auth_rc auth_read_query(struct text query, struct arena *a, struct auth *out)
{
    struct text key = TEXT_NONE;
    struct form_pair pair;
    bool any = false;

    *out = (struct auth){.version = SENTRY_PROTOCOL};
    while (form_next(&query, a, &pair)) {
        any |= text_is(pair.key, "sentry_key");
        if (!take_pair(pair.key, pair.value, &key, out))
            return AUTH_BAD;
    }
    return any ? settle(key, out) : AUTH_ABSENT;
}
