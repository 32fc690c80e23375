/* take_security.h -- security reports, from their own endpoint or as an item of an envelope. */
#ifndef QUERN_WORKER_TAKE_SECURITY_H
#define QUERN_WORKER_TAKE_SECURITY_H

#include "proto/security.h"
#include "worker/intake.h"

/* Add a record for each report in `body`. *taken: those that no rate limit held back; outcomes are
 * noted for the others and for a body that is no report. */
enum security_rc take_security_reports(struct intake *in, struct text body, struct text release,
                                       struct text environment, uint32_t *taken);

#endif
