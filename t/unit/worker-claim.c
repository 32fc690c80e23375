/* worker-claim.c -- the five places of a key, and who wins. */
#include "t/lib/tap.h"

#include "worker/claim.h"

#define A "0123456789abcdef0123456789abcdef"
#define B "fedcba9876543210fedcba9876543210"

static struct arena arena;

static enum claim_rc claim(const char *header, const char *authorization, const char *query,
                           const char *path, const char *dsn, struct claim *out)
{
    struct dsn parsed;
    bool has_dsn = dsn && dsn_read(text_of(dsn), &parsed);
    struct claim_sources s = {text_of(header), text_of(authorization),
                              query ? text_of(query) : TEXT(""), text_of(path),
                              has_dsn ? &parsed : NULL};

    return claim_read(&s, &arena, out);
}

static enum claim_rc header(const char *value)
{
    struct claim c;

    return claim(value, NULL, NULL, NULL, NULL, &c);
}

static void headers(void)
{
    struct claim c;

    is_int(claim("Sentry sentry_key=" A, NULL, NULL, NULL, NULL, &c), CLAIM_OK,
           "19: a key alone is enough");
    is_text(c.key, A, "19: and is the key");
    is_int(claim("sentry sentry_version=7,sentry_client=a.b/1.2,sentry_key=" A ",x=y,z", NULL, NULL,
                 NULL, NULL, &c),
           CLAIM_OK, "19: no blanks, other order, lower case, unknown pairs, a word without '='");
    is_text(c.client, "a.b/1.2", "19: the client's name is read");
    is_int(header("Sentry  sentry_key = " A " , sentry_version = 7"), CLAIM_OK,
           "blanks around key and value");
    is_int(header(""), CLAIM_MISSING, "20: an empty header is no claim");
    is_int(header("Bearer abc"), CLAIM_MISSING, "another scheme is no claim");
    is_int(header("Sentry sentry_version=7"), CLAIM_BAD_HEADER, "Sentry without a key");
    is_int(header("Sentry sentry_key="), CLAIM_BAD_HEADER, "an empty key is none");
    is_int(header("Sentry sentry_key=short"), CLAIM_BAD_KEY, "a key of another length");
    is_int(header("Sentry sentry_key=" A ".no-cache"), CLAIM_OK, "flags behind the key");
    is_int(header("Sentry sentry_version=8, sentry_key=" A), CLAIM_VERSION, "23: version 8");
    is_int(header("Sentry sentry_version=7.0, sentry_key=" A), CLAIM_OK, "23: version 7.0");
    is_int(header("Sentry sentry_version=2.0, sentry_key=" A), CLAIM_OK, "23: version 2.0");
    is_int(header("Sentry sentry_version=5, sentry_key=" A), CLAIM_OK, "23: version 5");
    is_int(header("Sentry sentry_version=x, sentry_key=" A), CLAIM_BAD_HEADER,
           "a version of letters");
}

static void others(void)
{
    struct claim c;

    is_int(claim(NULL, "Sentry sentry_key=" A, NULL, NULL, NULL, &c), CLAIM_OK, "Authorization");
    /* base64 of A:x */
    is_int(
        claim(NULL, "Basic MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY6eA==", NULL, NULL, NULL, &c),
        CLAIM_OK, "Basic");
    is_text(c.key, A, "Basic: the part before the colon");
    is_int(claim(NULL, "DSN http://" A "@h/5", NULL, NULL, NULL, &c), CLAIM_OK, "DSN");
    is_text(c.key, A, "DSN: its key");
    is_int(claim(NULL, "Bearer sntryu_x", NULL, NULL, NULL, &c), CLAIM_MISSING,
           "an API token is no key");
    is_int(claim(NULL, NULL, "a=b&sentry_version=7&sentry_key=" A "&sentry_client=j%2F1", NULL,
                 NULL, &c),
           CLAIM_OK, "query");
    is_text(c.client, "j/1", "query: client, unescaped");
    is_int(claim(NULL, NULL, "sentry_release=1", NULL, NULL, &c), CLAIM_MISSING,
           "a query without a key");
    is_int(claim(NULL, NULL, NULL, A, NULL, &c), CLAIM_OK, "path");
    is_int(claim("", NULL, NULL, NULL, "https://" A "@o1.example/42", &c), CLAIM_OK,
           "20, 28: the envelope's dsn is enough");
    is_int(c.project, 42, "28: and names the project");
    is_int(claim("Sentry sentry_key=" A, NULL, NULL, NULL, "nonsense", &c), CLAIM_OK,
           "a dsn that was not needed and is none");
    is_int(claim(NULL, NULL, NULL, NULL, NULL, &c), CLAIM_MISSING, "20: no key anywhere");
}

static void conflicts(void)
{
    struct claim c;

    is_int(claim("Sentry sentry_key=" A, NULL, "sentry_key=" A, NULL, "https://" A "@h/1", &c),
           CLAIM_OK, "21: the same key in three places");
    is_int(claim("Sentry sentry_key=" A, NULL, "sentry_key=" B, NULL, NULL, &c), CLAIM_TWO_KEYS,
           "21: header and query differ");
    is_int(claim(NULL, NULL, "sentry_key=" A, B, NULL, &c), CLAIM_TWO_KEYS,
           "query and path differ");
    is_int(claim("Sentry sentry_key=" A, NULL, NULL, NULL, "https://" B "@h/1", &c), CLAIM_TWO_KEYS,
           "header and dsn differ");
}

int main(void)
{
    arena_init(&arena, 1 << 20);
    headers();
    others();
    conflicts();
    arena_free(&arena);
    return done_testing();
}
