/* claim.h -- whose data is this? The public key of a DSN, from wherever an SDK may have put it.
 * For        every endpoint that takes data in.
 * Purity     texts in, a claim out; whether the key exists is looked up by intake.c.
 * Source     Sentry's SDK docs ("Authentication"); Relay, extractors/request_meta.
 *
 * Order of sources: X-Sentry-Auth, Authorization, query, path, `dsn` of the envelope header. The
 * first that names a key wins; two that name different keys are refused. (Relay refuses any two,
 * which breaks pages whose own parameters begin with "sentry_".) */
#ifndef QUERN_WORKER_CLAIM_H
#define QUERN_WORKER_CLAIM_H

#include <stdint.h>

#include "proto/arena.h"
#include "proto/dsn.h"
#include "proto/text.h"

enum claim_rc {
    CLAIM_OK,
    CLAIM_MISSING,      /* 401: no key anywhere */
    CLAIM_BAD_HEADER,   /* 401: "Sentry …" without a key, or with a version that is no number */
    CLAIM_BAD_ENVELOPE, /* 401: the envelope's first line was needed and is no use */
    CLAIM_TWO_KEYS,     /* 401 */
    CLAIM_BAD_KEY,      /* 400: not 32 characters */
    CLAIM_VERSION,      /* 400: a protocol newer than ours */
    CLAIM_PROJECT,      /* 400: project in the path is no number */
    CLAIM_REJECTED      /* 403: key unknown, disabled, of another project */
};

/* Status and `detail` of the answer, in Relay's words. */
int claim_status(enum claim_rc rc);
const char *claim_detail(enum claim_rc rc);

/* Where the sources are. Absent texts: no such header. */
struct claim_sources {
    struct text sentry_auth;   /* X-Sentry-Auth */
    struct text authorization; /* Sentry …, Basic …, DSN … */
    struct text query;         /* without the question mark */
    struct text path_key;      /* /unreal/{key}/, /cron/{slug}/{key}/ */
    const struct dsn *dsn;     /* of the envelope's header; NULL: none */
};

struct claim {
    struct text key;    /* 32 characters */
    struct text client; /* "sentry.python/2.1.0"; may be absent */
    uint32_t project;   /* of the dsn; 0: not said */
};

/* Decide. Texts of *out point into the sources or the arena. */
enum claim_rc claim_read(const struct claim_sources *s, struct arena *a, struct claim *out);

#endif
