/* api_login.c -- the browser's way in and out: a session is a token in an http-only cookie.
 * The CSRF token travels in a readable cookie and in the answer; unsafe methods repeat it in a
 * header that other sites cannot set. SameSite=Lax keeps the cookie out of their POSTs besides. */
#include <sodium.h>
#include <stdio.h>

#include "shm/bucket.h"
#include "worker/api_caller.h"
#include "worker/api_resources.h"
#include "worker/api_user.h"

#define SESSION_S (SESSION_DAYS * 86400)

/* A place of its own in the shared buckets for an address or an account: few share one by chance,
 * and those who do only wait a little. */
static uint32_t login_bucket(const char *what, struct text who)
{
    static const unsigned char KEY[crypto_shorthash_KEYBYTES] = "quern-login-key";
    unsigned char text[256], hash[crypto_shorthash_BYTES];
    size_t n = (size_t)snprintf((char *)text, sizeof text, "%s:%.*s", what,
                                (int)(who.len < 200 ? who.len : 200), who.at ? who.at : "");

    for (size_t i = 0; i < n; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] += 32;
    crypto_shorthash(hash, text, n, KEY);
    return LOGIN_BUCKET_FIRST + (hash[0] | (uint32_t)hash[1] << 8) % LOGIN_BUCKETS;
}

bool login_may_try(struct api_call *c, struct text email)
{
    struct bucket_table *t = query_world(c->q)->buckets;
    int64_t now_us = c->now_ms * 1000;
    uint32_t wait = bucket_take(t, login_bucket("address", c->req.address), BUCKET_OTHER,
                                LOGIN_TRIES * 3, LOGIN_WINDOW_S, 1, now_us);

    if (!wait)
        wait = bucket_take(t, login_bucket("account", email), BUCKET_OTHER, LOGIN_TRIES,
                           LOGIN_WINDOW_S, 1, now_us);
    if (!wait)
        return true;
    api_detail(c, 429, "Too many login attempts. Try again later.");
    api_header(c, "Retry-After", arena_printf(c->arena, "%u", wait));
    return false;
}

static int64_t check(struct api_call *c, struct text email, struct text password)
{
    struct db_stmt *s = api_query(c, "api_user_by_email");
    int64_t user = 0;
    bool active;

    if (!s)
        return 0;
    api_bind(s, "email", email);
    if (!api_row(c, s)) {
        caller_password_fits(TEXT_NONE, password);
        return 0;
    }
    active = db_col_int(s, 4) != 0;
    if (caller_password_fits(api_col(s, 5), password) && active)
        user = db_col_int(s, 0);
    db_reset(s);
    return user;
}

struct session {
    struct text secret, csrf;
    int64_t user;
};

static void set_cookie(struct api_call *c, const char *name, struct text value, int64_t seconds,
                       const char *more)
{
    api_header(c, "Set-Cookie",
               arena_printf(c->arena, "%s=%.*s; Path=/; Max-Age=%lld; SameSite=Lax%s%s", name,
                            TEXT_ARG(value), (long long)seconds, c->req.secure ? "; Secure" : "",
                            more));
}

static void logged_in(struct api_call *c)
{
    const struct session *session = c->own;

    set_cookie(c, SESSION_COOKIE, session->secret, SESSION_S, "; HttpOnly");
    set_cookie(c, CSRF_COOKIE, session->csrf, SESSION_S, "");
    json_open(&c->out, NULL, '{');
    json_text(&c->out, "csrfToken", session->csrf);
    user_write(c, "user", session->user, USER_FULL);
    json_close(&c->out, '}');
    api_done(c, 200);
}

static void session_made(struct api_call *c)
{
    struct buf b = api_buf(c);

    json_open(&b, NULL, '{');
    json_int(&b, "id", c->caller.user);
    json_int(&b, "time_ms", c->now_ms);
    json_close(&b, '}');
    api_command(c, "user.login", buf_result(&b), logged_in);
}

static void begin(struct api_call *c, struct session *session)
{
    struct buf b = api_buf(c);

    json_open(&b, NULL, '{');
    json_int(&b, "user", session->user);
    json_str(&b, "kind", "session");
    json_str(&b, "name", "browser");
    json_str(&b, "scopes", "session"); /* not read: what a session may do is its user's role */
    json_text(&b, "hash", caller_hash_hex(c, session->secret));
    json_str(&b, "last4", "");
    json_text(&b, "csrf", session->csrf);
    json_int(&b, "expires_ms", c->now_ms + SESSION_S * 1000LL);
    json_close(&b, '}');
    c->own = session;
    c->caller.user = session->user;
    api_command(c, "token.add", buf_result(&b), session_made);
}

void login_post(struct api_call *c)
{
    struct text email = text_trim(api_member(c, "email")), password = api_member(c, "password");
    struct session *session = arena_zero(c->arena, 1, sizeof *session);

    if (text_empty(email) || text_empty(password)) {
        api_wrong(c, text_empty(email) ? "email" : "password", "This field is required.");
        return;
    }
    if (!session || !login_may_try(c, email))
        return;
    if (password.len > PASSWORD_MAX || !(session->user = check(c, email, password))) {
        api_detail(c, 401, "Please enter a correct email and password.");
        return;
    }
    session->secret = caller_secret(c, "quern_");
    session->csrf = text_cut(caller_secret(c, ""), 0, 32);
    begin(c, session);
}

static void logged_out(struct api_call *c)
{
    set_cookie(c, SESSION_COOKIE, TEXT(""), 0, "; HttpOnly");
    set_cookie(c, CSRF_COOKIE, TEXT(""), 0, "");
    api_empty(c, 204);
}

void logout_post(struct api_call *c)
{
    struct buf b = api_buf(c);

    if (c->caller.by != API_SESSION) {
        api_detail(c, 400, "There is no session to end");
        return;
    }
    json_open(&b, NULL, '{');
    json_int(&b, "id", c->caller.token);
    json_close(&b, '}');
    api_command(c, "token.delete", buf_result(&b), logged_out);
}
