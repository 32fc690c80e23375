/* auth.h -- whose data is this? The public key of a DSN, from wherever an SDK may have put it.
 * For        every endpoint that takes data in.
 * Purity     texts in, a claim out; whether the key exists is looked up by the caller (intake.c).
 * Source     Sentry's SDK docs ("Authentication"); Relay, relay-auth and extractors/request_meta.
 *
 * Order of sources: X-Sentry-Auth, Authorization, query, path, `dsn` of the envelope header. The
 * first that names a key wins; two that name different keys are refused. Relay refuses any two;
 * that breaks pages whose own parameters begin with "sentry_". */
#ifndef QUERN_WORKER_AUTH_H
#define QUERN_WORKER_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "proto/text.h"

#define AUTH_KEY_LEN 32 /* characters of a public key; flags behind a dot are ignored */

enum auth_rc {
    AUTH_OK,
    AUTH_MISSING,      /* 401: no key anywhere */
    AUTH_BAD_HEADER,   /* 401: "Sentry …" without a key, or with a version that is no number */
    AUTH_BAD_ENVELOPE, /* 401: the envelope's first line was needed and is no use */
    AUTH_TWO_KEYS,     /* 401 */
    AUTH_BAD_KEY,      /* 400: not 32 characters */
    AUTH_VERSION,      /* 400: protocol newer than 7 */
    AUTH_PROJECT,      /* 400: project in the path is no number */
    AUTH_REJECTED      /* 403: key unknown, disabled, of another project */
};

/* Status and `detail` of the answer. */
int auth_status(enum auth_rc rc);
const char *auth_detail(enum auth_rc rc);

/* What one source says. Absent texts: it does not say. */
struct auth_claim {
    struct text key;    /* 32 characters */
    struct text client; /* "sentry.python/2.1.0" */
    uint32_t project;   /* from a DSN; 0: not said */
};

/* Where the sources are. Absent texts: no such header. */
struct auth_sources {
    struct text sentry_auth;   /* X-Sentry-Auth */
    struct text authorization; /* Sentry …, Basic …, DSN … */
    struct text query;         /* without the question mark */
    struct text path_key;      /* /unreal/{key}/, /cron/{slug}/{key}/ */
    struct text envelope_dsn;
};

/* Decide. Texts of *out point into the sources or the arena. */
enum auth_rc auth_claim(const struct auth_sources *s, struct arena *a, struct auth_claim *out);

/* "scheme://key[:secret]@host[:port][/path]/project": the key and the project. */
bool auth_dsn(struct text dsn, struct auth_claim *out);

#endif
