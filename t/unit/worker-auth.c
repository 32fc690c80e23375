/* worker-auth.c -- the five places of a key, and who wins. */
#include "t/lib/tap.h"

#include "worker/auth.h"

#define A "0123456789abcdef0123456789abcdef"
#define B "fedcba9876543210fedcba9876543210"

static struct arena arena;

static enum auth_rc claim(const char *header, const char *authorization, const char *query,
                          const char *path, const char *dsn, struct auth_claim *out)
{
    struct auth_sources s = {text_of(header), text_of(authorization),
                             query ? text_of(query) : TEXT(""), text_of(path), text_of(dsn)};

    return auth_claim(&s, &arena, out);
}

static enum auth_rc header(const char *value)
{
    struct auth_claim c;

    return claim(value, NULL, NULL, NULL, NULL, &c);
}

static void headers(void)
{
    struct auth_claim c;

    is_int(claim("Sentry sentry_key=" A, NULL, NULL, NULL, NULL, &c), AUTH_OK,
           "19: a key alone is enough");
    is_text(c.key, A, "19: and is the key");
    is_int(claim("sentry sentry_version=7,sentry_client=a.b/1.2,sentry_key=" A ",x=y,z", NULL, NULL,
                 NULL, NULL, &c),
           AUTH_OK, "19: no blanks, other order, lower case, unknown pairs, a word without '='");
    is_text(c.client, "a.b/1.2", "19: the client's name is read");
    is_int(header("Sentry  sentry_key = " A " , sentry_version = 7"), AUTH_OK,
           "blanks around key and value");
    is_int(header(""), AUTH_MISSING, "20: an empty header is no claim");
    is_int(header("Bearer abc"), AUTH_MISSING, "another scheme is no claim");
    is_int(header("Sentry sentry_version=7"), AUTH_BAD_HEADER, "Sentry without a key");
    is_int(header("Sentry sentry_key="), AUTH_BAD_HEADER, "an empty key is none");
    is_int(header("Sentry sentry_key=short"), AUTH_BAD_KEY, "a key of another length");
    is_int(header("Sentry sentry_key=" A ".no-cache"), AUTH_OK, "flags behind the key");
    is_int(header("Sentry sentry_version=8, sentry_key=" A), AUTH_VERSION, "23: version 8");
    is_int(header("Sentry sentry_version=7.0, sentry_key=" A), AUTH_OK, "23: version 7.0");
    is_int(header("Sentry sentry_version=2.0, sentry_key=" A), AUTH_OK, "23: version 2.0");
    is_int(header("Sentry sentry_version=5, sentry_key=" A), AUTH_OK, "23: version 5");
    is_int(header("Sentry sentry_version=x, sentry_key=" A), AUTH_BAD_HEADER,
           "a version of letters");
}

static void others(void)
{
    struct auth_claim c;

    is_int(claim(NULL, "Sentry sentry_key=" A, NULL, NULL, NULL, &c), AUTH_OK, "Authorization");
    /* base64 of A:x */
    is_int(
        claim(NULL, "Basic MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY6eA==", NULL, NULL, NULL, &c),
        AUTH_OK, "Basic");
    is_text(c.key, A, "Basic: the part before the colon");
    is_int(claim(NULL, "DSN http://" A "@h/5", NULL, NULL, NULL, &c), AUTH_OK, "DSN");
    is_int(c.project, 5, "DSN: names a project too");
    is_int(claim(NULL, "Bearer sntryu_x", NULL, NULL, NULL, &c), AUTH_MISSING,
           "an API token is no key");
    is_int(claim(NULL, NULL, "a=b&sentry_version=7&sentry_key=" A "&sentry_client=j%2F1", NULL,
                 NULL, &c),
           AUTH_OK, "query");
    is_text(c.client, "j/1", "query: client, unescaped");
    is_int(claim(NULL, NULL, "sentry_release=1", NULL, NULL, &c), AUTH_MISSING,
           "a query without a key");
    is_int(claim(NULL, NULL, NULL, A, NULL, &c), AUTH_OK, "path");
    is_int(claim("", NULL, NULL, NULL, "https://" A "@o1.example/42", &c), AUTH_OK,
           "20, 28: the envelope's dsn is enough");
    is_int(c.project, 42, "28: and names the project");
    is_int(claim(NULL, NULL, NULL, NULL, "nonsense", &c), AUTH_BAD_ENVELOPE,
           "a dsn that was needed and is none");
    is_int(claim("Sentry sentry_key=" A, NULL, NULL, NULL, "nonsense", &c), AUTH_OK,
           "a dsn that was not needed and is none");
    is_int(claim(NULL, NULL, NULL, NULL, NULL, &c), AUTH_MISSING, "20: no key anywhere");
}

static void conflicts(void)
{
    struct auth_claim c;

    is_int(claim("Sentry sentry_key=" A, NULL, "sentry_key=" A, NULL, "https://" A "@h/1", &c),
           AUTH_OK, "21: the same key in three places");
    is_int(claim("Sentry sentry_key=" A, NULL, "sentry_key=" B, NULL, NULL, &c), AUTH_TWO_KEYS,
           "21: header and query differ");
    is_int(claim(NULL, NULL, "sentry_key=" A, B, NULL, &c), AUTH_TWO_KEYS, "query and path differ");
    is_int(claim("Sentry sentry_key=" A, NULL, NULL, NULL, "https://" B "@h/1", &c), AUTH_TWO_KEYS,
           "header and dsn differ");
}

static void dsns(void)
{
    struct auth_claim c;

    ok(auth_dsn(TEXT("https://" A ":secret@h:8080/errors/1/7/"), &c) && c.project == 7,
       "a dsn with secret, port, path, final slash");
    is_text(c.key, A, "its key");
    ok(auth_dsn(TEXT("http://" A "@[::1]:9000/3"), &c) && c.project == 3, "IPv6 host");
    ok(!auth_dsn(TEXT("http://" A "@h"), &c), "no project");
    ok(!auth_dsn(TEXT("http://" A "@h/x"), &c), "project of letters");
    ok(!auth_dsn(TEXT("http://" A "@h/0"), &c), "project 0");
    ok(!auth_dsn(TEXT("http://" A "@h/4294967296"), &c), "project beyond 32 bits");
    ok(!auth_dsn(TEXT("http://short@h/1"), &c), "short key");
    ok(!auth_dsn(TEXT(""), &c), "empty");
    ok(!auth_dsn(TEXT("://@/"), &c), "only marks");
}

int main(void)
{
    arena_init(&arena, 1 << 20);
    headers();
    others();
    conflicts();
    dsns();
    arena_free(&arena);
    return done_testing();
}
