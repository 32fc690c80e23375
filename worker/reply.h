/* reply.h -- what goes back: JSON bodies, reasons, and the headers every answer carries.
 * For        all handlers of a worker; loop thread only.
 * Rules      CORS on every answer, errors included, else a page cannot read its limits; a failure
 * is
 *            {"detail":"…","causes":["…"]} and repeats its detail in X-Sentry-Error; no redirects.
 * Ownership  bodies and header values must outlive the request: literals, or its pool (reply_keep).
 * Source     Relay, endpoints/common.rs and middlewares/cors.rs; Fetch standard, "CORS protocol".
 */
#ifndef QUERN_WORKER_REPLY_H
#define QUERN_WORKER_REPLY_H

#include <h2o.h>
#include <stdbool.h>

#include "proto/text.h"

/* How refusals are written: Sentry's {"detail"}, or google.rpc.Status as OTLP wants it, in the
 * encoding of the request. */
enum reply_dialect { REPLY_SENTRY, REPLY_OTLP_PROTOBUF, REPLY_OTLP_JSON };

/* Seconds in Retry-After. */
#define RETRY_RING_S 1     /* the writer empties a full ring in a fraction of that */
#define RETRY_STARTING_S 2 /* the writer has not published the projects yet */
#define RETRY_DISK_S 60    /* someone has to make room */

/* A copy of `t` that lives as long as the request. */
struct text reply_keep(h2o_req_t *req, struct text t);
void reply_header(h2o_req_t *req, const char *name, struct text value);
void reply_retry_after(h2o_req_t *req, uint32_t seconds);

/* The headers of CORS, once; reply_start does it by itself. */
void reply_cors(h2o_req_t *req);
/* Answer an OPTIONS request: what a browser asks before it dares. */
void reply_preflight(h2o_req_t *req);

/* Set status, type and length, so that the body can be sent now or later with h2o_send(). */
void reply_start(h2o_req_t *req, int status, const char *type, size_t length,
                 h2o_generator_t *generator);
/* Whole answers. */
void reply_text(h2o_req_t *req, int status, const char *type, struct text body);
void reply_json(h2o_req_t *req, int status, struct text body);
/* `cause` may be NULL. Both are ours: literals, or numbers printed by us, never a client's bytes.
 */
void reply_error(h2o_req_t *req, int status, const char *detail, const char *cause);
/* The same in a dialect. */
void reply_refusal(h2o_req_t *req, enum reply_dialect dialect, int status, const char *detail,
                   const char *cause);
const char *reply_content_type(enum reply_dialect dialect);
/* Its body alone, in the request's pool. */
struct text reply_refusal_body(h2o_req_t *req, enum reply_dialect dialect, int status,
                               const char *detail);
/* OTLP from a page: browsers that send by beacon send credentials, so the origin is named. */
void reply_cors_named(h2o_req_t *req, struct text origin);
void reply_cors_asked(h2o_req_t *req); /* … as the request's own header does */
void reply_preflight_named(h2o_req_t *req);

/* "OK", "Not Found" … */
const char *reply_reason(int status);

#endif
