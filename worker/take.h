/* take.h -- the endpoints that take data in, one function each, all of one shape.
 * A take_* function gets a request whose path and method fit (route.c) and nothing else is known.
 * In this order it: claims a project (intake_claim), asks whether more may come in (intake_admit),
 * has the body decoded (intake_body), decodes, adds records (batch_add) and outcomes, and ends with
 * intake_commit, which appends everything at once and answers when it is durable. Each step that
 * fails has answered already; the function then just returns. */
#ifndef QUERN_WORKER_TAKE_H
#define QUERN_WORKER_TAKE_H

#include <h2o.h>
#include <stdbool.h>

#include "proto/text.h"

struct intake;

void take_envelope(struct intake *in); /* take_envelope.c */
void take_tunnel(struct intake *in);   /* take_envelope.c: the project is in the envelope's dsn */
void take_store(struct intake *in);    /* take_store.c: one event, POST or GET */
void take_security(struct intake *in); /* take_security.c: CSP, Expect-CT, Expect-Staple, HPKP */
void take_nel(struct intake *in);      /* take_security.c: Network Error Logging */
void take_minidump(struct intake *in); /* take_minidump.c */
void take_unreal(struct intake *in);   /* take_minidump.c */
void take_attachments(struct intake *in); /* take_attachments.c: files for an event */
void take_cron(struct intake *in);        /* take_cron.c: check-ins by curl */
void take_error_page(struct intake *in);  /* take_feedback.c: the crash-report dialog */
void take_feedback(struct intake *in); /* take_feedback.c: /api/0/…/user-feedback/ with a DSN */

void take_otlp_traces(struct intake *in);  /* take_otlp.c */
void take_otlp_logs(struct intake *in);    /* take_otlp.c */
void take_otlp_metrics(struct intake *in); /* take_otlp.c */
/* An exporter that was given a base URL where a whole one belongs posts to "/", one of profiles to what is
 * not served: told so. False: it is none. */
bool take_otlp_lost(h2o_req_t *req, struct text path, bool post);

#endif
