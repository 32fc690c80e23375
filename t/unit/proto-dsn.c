/* DSNs and auth values. */
#include "proto/dsn.h"
#include "proto/limits.h"
#include "t/lib/tap.h"

#define K "0123456789abcdef0123456789abcdef"

static struct arena arena;

static void dsns(void)
{
    struct dsn d;

    ok(dsn_read(TEXT("https://" K "@h.example/7"), &d), "a plain one");
    is_text(d.key, K, "key");
    is_text(d.host, "h.example", "host");
    is_int(d.port, 443, "default port");
    is_int(d.project, 7, "project");
    ok(dsn_read(TEXT("http://" K ":secret@[::1]:9000/a/b/7/"), &d),
       "secret, IPv6, port, path, slash");
    is_text(d.key, K, "the secret is not the key");
    is_text(d.host, "[::1]", "IPv6 host");
    is_int(d.port, 9000, "port");
    is_text(d.path, "a/b", "§10.25 path prefix");
    ok(dsn_read(TEXT("https://" K ".no-cache@h/7"), &d) && text_is(d.key, K),
       "flags behind the key");
    ok(!dsn_read(TEXT("ftp://" K "@h/7"), &d), "another scheme");
    ok(!dsn_read(TEXT("https://short@h/7"), &d), "a short key");
    ok(!dsn_read(TEXT("https://" K "@h/abc"), &d), "§10.22 project abc");
    ok(!dsn_read(TEXT("https://" K "@h/0"), &d), "project 0");
    ok(!dsn_read(TEXT("https://" K "@h/"), &d), "no project");
    ok(!dsn_read(TEXT("https://" K "@/7"), &d), "no host");
    ok(!dsn_read(TEXT("https://" K "@h:99999/7"), &d), "no such port");
    ok(!dsn_read(TEXT(""), &d) && !dsn_read(TEXT_NONE, &d), "nothing");
}

static enum auth_rc header(const char *value, struct auth *a)
{
    return auth_read_header(text_of(value), a);
}

static void headers(void)
{
    struct auth a;

    is_int(header("Sentry sentry_key=" K, &a), AUTH_OK, "§10.19 the key alone");
    is_int(a.version, 7, "version 7 by default");
    is_int(header("Sentry sentry_version=7,sentry_client=sentry.java/8.0,sentry_key=" K, &a),
           AUTH_OK, "§10.19 no blanks after commas");
    is_text(a.client, "sentry.java/8.0", "client");
    is_int(header("sentry  sentry_secret=x, foo=bar, junk, sentry_key = " K
                  " , sentry_timestamp=1.5",
                  &a),
           AUTH_OK, "§10.19 lower case, reordered, extra keys, a pair without =");
    is_int(header("", &a), AUTH_ABSENT, "§10.20 an empty header is absent");
    is_int(header("Bearer x", &a), AUTH_ABSENT, "another scheme is absent");
    is_int(header("Sentry sentry_version=7", &a), AUTH_BAD, "no key");
    is_int(header("Sentry sentry_key=", &a), AUTH_BAD, "an empty key is missing");
    is_int(header("Sentry sentry_key=abc", &a), AUTH_KEY, "a key that cannot be one");
    is_int(header("Sentry sentry_version=8,sentry_key=" K, &a), AUTH_VERSION, "§10.23 version 8");
    is_int(a.version, 8, "... which is told");
    is_int(header("Sentry sentry_version=7.0,sentry_key=" K, &a), AUTH_OK, "§10.23 version 7.0");
    is_int(header("Sentry sentry_version=2.0,sentry_key=" K, &a), AUTH_OK, "§10.23 version 2.0");
    is_int(header("Sentry sentry_version=5,sentry_key=" K, &a), AUTH_OK, "§10.23 version 5");
    is_int(header("Sentry sentry_version=x,sentry_key=" K, &a), AUTH_BAD, "version x");
    is_str(auth_rc_text(AUTH_ABSENT), "missing authorization information", "Relay's words");
}

static void others(void)
{
    struct auth a;

    is_int(auth_read_query(TEXT("sentry_version=7&sentry_key=" K
                                "&sentry_client=sentry.javascript.browser%2F10.1.0"),
                           &arena, &a),
           AUTH_OK, "query of the browser SDK");
    is_text(a.client, "sentry.javascript.browser/10.1.0", "... decoded");
    is_int(auth_read_query(TEXT("sentry_release=1"), &arena, &a), AUTH_ABSENT,
           "no key in the query");
    is_int(auth_read_query(TEXT(""), &arena, &a), AUTH_ABSENT, "no query");
    is_int(auth_read_query(TEXT("sentry_key="), &arena, &a), AUTH_BAD, "an empty key");
    is_int(auth_read_authorization(TEXT("Sentry sentry_key=" K), &arena, &a), AUTH_OK,
           "Authorization: Sentry");
    is_int(auth_read_authorization(TEXT("Basic MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY6"),
                                   &arena, &a),
           AUTH_OK, "Authorization: Basic key:");
    is_text(a.key, K, "... the key");
    is_int(auth_read_authorization(TEXT("Basic dXNlcjpwYXNz"), &arena, &a), AUTH_ABSENT,
           "somebody's proxy password is not for us");
    is_int(auth_read_authorization(TEXT("DSN https://" K "@h/1"), &arena, &a), AUTH_OK,
           "Authorization: DSN");
    is_int(auth_read_authorization(TEXT("DSN x"), &arena, &a), AUTH_BAD, "... broken");
}

int main(void)
{
    arena_init(&arena, MIB);
    dsns();
    headers();
    others();
    arena_free(&arena);
    return done_testing();
}
