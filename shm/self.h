/* self.h -- who am I: the role, slot and generation of this process.
 * Set once after fork, read by the log and by whatever signs shared words. One of the two places in
 * the tree with process-wide state (log.h is the other): a process has exactly one identity. */
#ifndef QUERN_SHM_SELF_H
#define QUERN_SHM_SELF_H

#include <stdint.h>

enum role { ROLE_TOOL, ROLE_MASTER, ROLE_WORKER, ROLE_WRITER, ROLE_NOTIFIER };

struct self {
    enum role role;
    uint32_t slot;       /* workers: index into rings and boards */
    uint32_t generation; /* 1, 2, … : which start of workers this one belongs to */
};

void self_set(enum role role, uint32_t slot, uint32_t generation);
const struct self *self_get(void);
const char *role_name(enum role role); /* "master", "worker", … */

#endif
