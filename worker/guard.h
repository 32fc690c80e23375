/* guard.h -- the last look at every answer: it is counted, and what h2o refuses by itself (a body
 * over the limit, broken chunks, a strange Expect) leaves in our form: CORS, and Sentry's JSON with
 * X-Sentry-Error or, to an OTLP exporter, a Status. */
#ifndef QUERN_WORKER_GUARD_H
#define QUERN_WORKER_GUARD_H

#include <h2o.h>

void guard_register(h2o_pathconf_t *path);

#endif
