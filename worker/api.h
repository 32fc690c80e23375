/* api.h -- the management API under /api/0/, and /healthz, /readyz, /metrics.
 * A call is run on the query thread with its read-only databases: it reads and fills in an answer; or
 * it names a command for the writer and a continuation that renders the answer afterwards.
 * Loop thread: api_accept, sending. Query thread: handlers. Nothing else is shared. */
#ifndef QUERN_WORKER_API_H
#define QUERN_WORKER_API_H

#include <h2o.h>

struct worker;

/* Take the request over if its path is one of ours: 0; else -1 (as h2o handlers answer). */
int api_accept(struct worker *w, h2o_req_t *req);

#endif
