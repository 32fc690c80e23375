/* wait.h -- what the loop does about those who wait (worker_append, worker_command: context.h).
 * Loop thread only. */
#ifndef QUERN_WORKER_WAIT_H
#define QUERN_WORKER_WAIT_H

#include <stdbool.h>
#include <stdint.h>

struct worker;

/* Is somebody's record durable? */
bool wait_due(const struct worker *w);
/* Answer all whose records are. Only from within a callback of the loop. */
void wait_settle(struct worker *w);
/* Hand out the writer's answers to commands. */
void wait_mail(struct worker *w);
/* Once a second: give up on what took too long. */
void wait_expire(struct worker *w, int64_t now_us);
/* Nobody waits any more. */
bool wait_idle(const struct worker *w);

#endif
