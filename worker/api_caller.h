/* api_caller.h -- who is calling the management API: tokens, sessions, the operator.
 * Query thread only; the answer goes into c->caller. Tokens are looked up by their SHA-256, so that
 * the comparison leaks nothing and the store holds nothing worth stealing.
 * Source     getsentry/sentry, api/authentication.py, utils/security/orgauthtoken_token.py. */
#ifndef QUERN_WORKER_API_CALLER_H
#define QUERN_WORKER_API_CALLER_H

#include "worker/api_call.h"

/* Identify the caller. False: refused with 401 (bad credentials; none at all is API_NOBODY). */
bool caller_identify(struct api_call *c);
/* 401 for those who sent nothing. */
void caller_demand(struct api_call *c);
/* Session callers must repeat their token in X-CSRFToken when they change something. */
bool caller_csrf(struct api_call *c);

#define SESSION_COOKIE "quern_session"
#define CSRF_COOKIE "quern_csrf"

/* A fresh secret: `prefix` and 64 hex digits; its hash as hex for the store. */
struct text caller_secret(struct api_call *c, const char *prefix);
struct text caller_hash_hex(struct api_call *c, struct text secret);
/* The value of a cookie; TEXT_NONE: absent. */
struct text caller_cookie(struct text header, const char *name);

/* argon2id, at OWASP's minimum (19 MiB, 2 passes): a login may not cost more memory than all of
 * quern does otherwise. TEXT_NONE: no memory. */
struct text caller_password_hash(struct api_call *c, struct text password);
/* `stored` may be absent: the time is spent all the same. */
bool caller_password_fits(struct text stored, struct text password);

#endif
