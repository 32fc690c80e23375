/* api_caller.c -- Bearer tokens, session cookies, the control socket; for readers that know nothing
 * else, a token as password. */
#include "worker/api_caller.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "proto/base64.h"

#define USED_EVERY_MS 3600000 /* a token's last use is written down about once an hour */

static void deny(struct api_call *c, const char *why)
{
    api_detail(c, 401, why);
    /* Not "Basic": browsers would open a password dialog. */
    api_header(c, "WWW-Authenticate",
               c->dialect == API_SENTRY ? TEXT("xBasic realm=\"api\"")
                                        : TEXT("Basic realm=\"quern\""));
}

void caller_demand(struct api_call *c)
{
    deny(c, "Authentication credentials were not provided.");
}

struct text caller_hash_hex(struct api_call *c, struct text secret)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    struct buf b = api_buf(c);

    crypto_hash_sha256(hash, (const unsigned char *)secret.at, secret.len);
    for (size_t i = 0; i < sizeof hash; i++)
        buf_printf(&b, "%02x", hash[i]);
    return buf_result(&b);
}

struct text caller_secret(struct api_call *c, const char *prefix)
{
    unsigned char random[32];
    struct buf b = api_buf(c);

    randombytes_buf(random, sizeof random);
    buf_str(&b, prefix);
    for (size_t i = 0; i < sizeof random; i++)
        buf_printf(&b, "%02x", random[i]);
    sodium_memzero(random, sizeof random);
    return buf_result(&b);
}

struct text caller_cookie(struct text header, const char *name)
{
    while (header.len) {
        size_t end = text_find_byte(header, ';');
        struct text one = text_trim(text_cut(header, 0, end));
        size_t equals = text_find_byte(one, '=');

        if (equals < one.len && text_is(text_cut(one, 0, equals), name))
            return text_cut(one, equals + 1, one.len);
        header = text_cut(header, end + 1, header.len);
    }
    return TEXT_NONE;
}

/* The token's row into c->caller. False: no such token, expired, or its user is not active. */
static bool look_up(struct api_call *c, struct text secret, bool session)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    struct db_stmt *s = api_query(c, "api_token_by_hash");
    struct api_caller *who = &c->caller;
    struct text kind;
    bool active;

    if (!s)
        return false;
    crypto_hash_sha256(hash, (const unsigned char *)secret.at, secret.len);
    db_blob(s, "hash", hash, sizeof hash);
    if (!api_row(c, s))
        return false;
    kind = api_col(s, 1);
    active = db_col_null(s, 6) ? text_is(kind, "org") : db_col_int(s, 10) != 0;
    if (!active || text_is(kind, "session") != session ||
        (!db_col_null(s, 4) && db_col_int(s, 4) <= c->now_ms))
        return false;
    *who = (struct api_caller){
        .by = session                ? API_SESSION
              : text_is(kind, "org") ? API_ORG_TOKEN
                                     : API_TOKEN,
        .token = db_col_int(s, 0),
        .csrf = api_keep_col(c, s, 3),
        .user = db_col_int(s, 6),
        .email = api_keep_col(c, s, 7),
        .name = api_keep_col(c, s, 8),
        .role = api_keep_col(c, s, 9),
        .stale = db_col_int(s, 5) + USED_EVERY_MS < c->now_ms &&
                 query_token_due(c->q, db_col_int(s, 0), c->now_ms),
    };
    /* A token can do no more than its user, whose role may have been lowered since. */
    who->scopes = scope_set_of(api_col(s, 2));
    if (session)
        who->scopes = scope_of_role(who->role);
    else if (who->by == API_TOKEN)
        who->scopes &= scope_of_role(who->role);
    db_reset(s);
    return true;
}

static bool by_bearer(struct api_call *c, struct text rest)
{
    rest = text_trim(rest);
    if (text_empty(rest)) {
        deny(c, "Invalid token header. No credentials provided.");
        return false;
    }
    if (text_find_byte(rest, ' ') < rest.len) {
        deny(c, "Invalid token header. Token string should not contain spaces.");
        return false;
    }
    if (look_up(c, rest, false))
        return true;
    deny(c, "Invalid token");
    return false;
}

/* Any user, a token as password: what Grafana's data sources can be told without more ado. */
static bool by_password(struct api_call *c, struct text rest)
{
    struct text pair = base64_read(text_trim(rest), c->arena);
    size_t colon = text_find_byte(pair, ':');

    if (colon < pair.len && look_up(c, text_cut(pair, colon + 1, pair.len), false))
        return true;
    deny(c, "The password must be a token");
    return false;
}

static bool scheme_is(struct text header, const char *scheme, struct text *rest)
{
    size_t n = strlen(scheme);

    if (!text_starts_nocase(header, scheme) || (header.len > n && header.at[n] != ' '))
        return false;
    *rest = text_cut(header, n, header.len);
    return true;
}

bool caller_identify(struct api_call *c)
{
    struct text header = text_trim(c->req.authorization), rest, cookie;

    c->caller = (struct api_caller){.by = API_NOBODY};
    if (!text_empty(header)) {
        if (scheme_is(header, "Bearer", &rest))
            return by_bearer(c, rest);
        if (scheme_is(header, "Basic", &rest) && c->dialect != API_SENTRY)
            return by_password(c, rest);
        if (scheme_is(header, "Basic", &rest))
            deny(c, "API key is not valid");
        else if (scheme_is(header, "DSN", &rest))
            deny(c, "Invalid dsn");
        else
            caller_demand(c);
        return false;
    }
    if (c->req.operator) {
        c->caller = (struct api_caller){.by = API_OPERATOR, .scopes = SCOPES_ALL};
        return true;
    }
    cookie = caller_cookie(c->req.cookie, SESSION_COOKIE);
    if (!text_empty(cookie))
        look_up(c, cookie, true); /* a session that has ended: as if there were none */
    return !c->refused;
}

bool caller_csrf(struct api_call *c)
{
    struct text want = c->caller.csrf, have = c->req.csrf;

    if (c->caller.by != API_SESSION || c->method == API_GET)
        return true;
    if (!text_empty(want) && want.len == have.len && sodium_memcmp(want.at, have.at, want.len) == 0)
        return true;
    api_detail(c, 403, "CSRF Failed: CSRF token missing or incorrect.");
    return false;
}

/* ---- passwords ---- */

#define ARGON_PASSES 2
#define ARGON_BYTES (19 * MIB)
/* What an unknown account is compared with, at the same cost as a known one. */
static const char NOBODY[] = "$argon2id$v=19$m=19456,t=2,p=1$cXVlcm5xdWVybnF1ZXJucQ$"
                             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

struct text caller_password_hash(struct api_call *c, struct text password)
{
    char *out = arena_alloc(c->arena, crypto_pwhash_STRBYTES);

    if (!out || crypto_pwhash_str_alg(out, password.at, password.len, ARGON_PASSES, ARGON_BYTES,
                                      crypto_pwhash_ALG_ARGON2ID13) != 0)
        return TEXT_NONE;
    return text_of(out);
}

bool caller_password_fits(struct text stored, struct text password)
{
    char hash[crypto_pwhash_STRBYTES];
    bool known = stored.at && stored.len < sizeof hash;

    snprintf(hash, sizeof hash, "%.*s", known ? (int)stored.len : (int)sizeof NOBODY - 1,
             known ? stored.at : NOBODY);
    if (!password.at) /* the library must not be given NULL */
        password = TEXT("");
    return crypto_pwhash_str_verify(hash, password.at, password.len) == 0 && known;
}
