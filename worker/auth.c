/* auth.c -- reading the five places where a key may stand. */
#include "worker/auth.h"

#include <string.h>

#include "proto/form.h"

#define PROTOCOL_NEWEST 7

static const struct {
    int status;
    const char *detail;
} answers[] = {
    [AUTH_OK] = {200, "ok"},
    [AUTH_MISSING] = {401, "missing authorization information"},
    [AUTH_BAD_HEADER] = {401, "bad x-sentry-auth header"},
    [AUTH_BAD_ENVELOPE] = {401, "bad envelope authentication header"},
    [AUTH_TWO_KEYS] = {401, "multiple authorization payloads detected"},
    [AUTH_BAD_KEY] = {400, "bad sentry DSN public key"},
    [AUTH_VERSION] = {400, "unsupported protocol version"},
    [AUTH_PROJECT] = {400, "bad project path parameter"},
    [AUTH_REJECTED] = {403, "event submission rejected with_reason: ProjectId"},
};

int auth_status(enum auth_rc rc)
{
    return answers[rc].status;
}

const char *auth_detail(enum auth_rc rc)
{
    return answers[rc].detail;
}

/* 32 characters, perhaps followed by ".flag" words. */
static bool key_cut(struct text *key)
{
    size_t dot = text_find_byte(*key, '.');

    key->len = dot;
    return key->len == AUTH_KEY_LEN;
}

/* "7", "7.0", "2.0": the integer before the dot. */
static enum auth_rc version_check(struct text version)
{
    unsigned long long n;

    if (!text_u64(text_cut(version, 0, text_find_byte(version, '.')), &n))
        return AUTH_BAD_HEADER;
    return n > PROTOCOL_NEWEST ? AUTH_VERSION : AUTH_OK;
}

/* One source after the other; `found` is the claim so far. */
static enum auth_rc merge(struct auth_claim *found, struct text key, struct text client)
{
    if (!key.at || key.len == 0)
        return AUTH_OK;
    if (!key_cut(&key))
        return AUTH_BAD_KEY;
    if (found->key.at && !text_eq(found->key, key))
        return AUTH_TWO_KEYS;
    if (!found->key.at)
        found->key = key;
    if (!found->client.at && client.len)
        found->client = client;
    return AUTH_OK;
}

static bool scheme_is(struct text *value, const char *scheme)
{
    size_t len = strlen(scheme);

    if (value->len <= len || !text_starts_nocase(*value, scheme) || value->at[len] != ' ')
        return false;
    *value = text_trim(text_cut(*value, len + 1, value->len));
    return true;
}

/* pair *( "," pair ), pair = key "=" value; what has no "=" and what is unknown is skipped. */
static enum auth_rc sentry_pairs(struct text list, struct auth_claim *found)
{
    struct text key = TEXT_NONE, client = TEXT_NONE, version = TEXT_NONE;
    enum auth_rc rc;

    while (list.len) {
        size_t comma = text_find_byte(list, ',');
        struct text pair = text_trim(text_cut(list, 0, comma));
        size_t eq = text_find_byte(pair, '=');
        struct text name = text_trim(text_cut(pair, 0, eq));
        struct text value = text_trim(text_cut(pair, eq + 1, pair.len));

        list = text_cut(list, comma + 1, list.len);
        if (eq == pair.len)
            continue;
        if (text_is(name, "sentry_key"))
            key = value;
        else if (text_is(name, "sentry_client"))
            client = value;
        else if (text_is(name, "sentry_version"))
            version = value;
    }
    if (key.len == 0)
        return AUTH_BAD_HEADER;
    if (version.at && (rc = version_check(version)) != AUTH_OK)
        return rc;
    return merge(found, key, client);
}

static int base64_value(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Basic base64(key:anything), as log drains send it. */
static enum auth_rc basic(struct text b64, struct arena *a, struct auth_claim *found)
{
    char *out = arena_alloc(a, b64.len + 1);
    size_t n = 0;
    uint32_t bits = 0, have = 0;

    if (!out)
        return AUTH_BAD_HEADER;
    for (size_t i = 0; i < b64.len && b64.at[i] != '='; i++) {
        int v = base64_value((unsigned char)b64.at[i]);

        if (v < 0)
            return AUTH_BAD_HEADER;
        bits = bits << 6 | (uint32_t)v;
        if ((have += 6) >= 8)
            out[n++] = (char)(bits >> (have -= 8));
    }
    return merge(found,
                 text_cut((struct text){out, n}, 0, text_find_byte((struct text){out, n}, ':')),
                 TEXT_NONE);
}

bool auth_dsn(struct text dsn, struct auth_claim *out)
{
    size_t scheme = text_find(dsn, TEXT("://"));
    struct text rest = text_trim(text_cut(dsn, scheme + 3, dsn.len));
    size_t at = text_find_byte(rest, '@');
    struct text user = text_cut(rest, 0, at), path = text_cut(rest, at + 1, rest.len);
    unsigned long long project;

    if (scheme == dsn.len || at == rest.len)
        return false;
    user.len = text_find_byte(user, ':');
    path.len = text_find_byte(path, '?');
    while (path.len && path.at[path.len - 1] == '/')
        path.len--;
    for (size_t i = path.len; i > 0; i--)
        if (path.at[i - 1] == '/') {
            path = text_cut(path, i, path.len);
            break;
        }
    if (!key_cut(&user) || !text_u64(path, &project) || project == 0 || project > UINT32_MAX)
        return false;
    *out = (struct auth_claim){.key = user, .project = (uint32_t)project};
    return true;
}

static enum auth_rc dsn_claim(struct text dsn, struct auth_claim *found)
{
    struct auth_claim c;
    enum auth_rc rc;

    if (!auth_dsn(dsn, &c))
        return AUTH_BAD_HEADER;
    rc = merge(found, c.key, TEXT_NONE);
    if (rc == AUTH_OK && !found->project)
        found->project = c.project;
    return rc;
}

static enum auth_rc query_claim(struct text query, struct arena *a, struct auth_claim *found)
{
    struct text key = form_get(query, "sentry_key", a), version;
    enum auth_rc rc;

    if (!key.len)
        return AUTH_OK;
    version = form_get(query, "sentry_version", a);
    if (version.len && (rc = version_check(version)) != AUTH_OK)
        return rc;
    return merge(found, key, form_get(query, "sentry_client", a));
}

/* The header counts only when it begins with "Sentry "; an empty one, as some proxies leave it, is
 * no claim. */
static enum auth_rc header_claim(struct text value, struct auth_claim *found)
{
    value = text_trim(value);
    return scheme_is(&value, "sentry") ? sentry_pairs(value, found) : AUTH_OK;
}

static enum auth_rc authorization_claim(struct text value, struct arena *a,
                                        struct auth_claim *found)
{
    value = text_trim(value);
    if (scheme_is(&value, "sentry"))
        return sentry_pairs(value, found);
    if (scheme_is(&value, "dsn"))
        return dsn_claim(value, found);
    if (scheme_is(&value, "basic"))
        return basic(value, a, found);
    return AUTH_OK;
}

enum auth_rc auth_claim(const struct auth_sources *s, struct arena *a, struct auth_claim *out)
{
    bool bad_header = false;
    enum auth_rc rc;

    *out = (struct auth_claim){0};
    if ((rc = header_claim(s->sentry_auth, out)) == AUTH_BAD_HEADER)
        bad_header = true;
    else if (rc != AUTH_OK)
        return rc;
    if ((rc = authorization_claim(s->authorization, a, out)) == AUTH_BAD_HEADER)
        bad_header = true;
    else if (rc != AUTH_OK)
        return rc;
    if ((rc = query_claim(s->query, a, out)) != AUTH_OK)
        return rc;
    if ((rc = merge(out, s->path_key, TEXT_NONE)) != AUTH_OK)
        return rc;
    if (bad_header)
        return AUTH_BAD_HEADER;
    if (s->envelope_dsn.len && (rc = dsn_claim(s->envelope_dsn, out)) != AUTH_OK)
        return rc == AUTH_BAD_HEADER ? (out->key.at ? AUTH_OK : AUTH_BAD_ENVELOPE) : rc;
    return out->key.at ? AUTH_OK : AUTH_MISSING;
}
