/* dsn.h -- who a client says it is: DSNs, and the auth values of headers, queries and paths.
 * Ownership  texts point into what was read; the arena holds what had to be decoded.
 * Source     the DSN and authentication pages of Sentry's SDK documentation; Relay's extractors. */
#ifndef QUERN_PROTO_DSN_H
#define QUERN_PROTO_DSN_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/text.h"

/* {scheme}://{key}[:{secret}]@{host}[:{port}][/{path}]/{project}[/] */
struct dsn {
    struct text scheme, key, host,
        path;      /* key without ".flags"; path without slashes at the ends */
    uint32_t port; /* the scheme's default when absent */
    uint32_t project;
};
bool dsn_read(struct text t, struct dsn *out);

/* A key of ours has 32 characters; ".no-cache" and the like may follow. The bare key, or TEXT_NONE.
 */
struct text dsn_key(struct text t);

enum auth_rc {
    AUTH_OK,
    AUTH_ABSENT,  /* nothing here: look at the next place */
    AUTH_BAD,     /* begins like one, but names no key or no version */
    AUTH_VERSION, /* a protocol newer than SENTRY_PROTOCOL; `version` says which */
    AUTH_KEY      /* the key cannot be one */
};
/* Relay's words; for AUTH_VERSION the caller adds " (N)". */
const char *auth_rc_text(enum auth_rc rc);

#define SENTRY_PROTOCOL 7

struct auth {
    struct text key;    /* bare */
    struct text client; /* "name/version"; may be absent */
    uint32_t version;
};

/* X-Sentry-Auth: Sentry sentry_key=…, sentry_version=7, … */
enum auth_rc auth_read_header(struct text value, struct auth *out);
/* Authorization: Sentry … | Basic base64(key:anything) | DSN https://… */
enum auth_rc auth_read_authorization(struct text value, struct arena *a, struct auth *out);
/* ?sentry_key=…&sentry_version=7&sentry_client=… */
enum auth_rc auth_read_query(struct text query, struct arena *a, struct auth *out);

#endif
