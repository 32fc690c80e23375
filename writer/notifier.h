/* notifier.h -- the door of the notifier: the one process that speaks to strangers unasked.
 * It takes notices from the ring that the writer fills (notice.h) and posts each as JSON to the
 * addresses that its project names ("webhooks"). It sees no inbound byte, opens no database, and
 * whatever becomes of it, the writer never waits for it.
 * A notice is tried NOTIFIER_TRIES times, waiting longer each time; at most NOTIFIER_WAITING are kept.
 * What is not delivered then is counted (webhooks_failed) and dropped: those who must not miss anything
 * ask the API. */
#ifndef QUERN_WRITER_NOTIFIER_H
#define QUERN_WRITER_NOTIFIER_H

#include "shm/world.h"

#define NOTIFIER_TRIES 5 /* at once, and after 1, 4, 16, 64 seconds */
/* Deliveries kept; further notices stay in the ring, then are dropped there. */
#define NOTIFIER_WAITING 1000
#define NOTIFIER_AT_ONCE 16   /* connections */
#define NOTIFIER_TIMEOUT_S 10 /* for one try */

struct notifier_conf {
    struct world *world;
    int channel; /* as in writer_conf: end of file means that master is gone; 'R' when ready */
    int stop_signal_fd; /* readable when TERM arrived: finish what is on its way, leave */
};

/* Run until told to stop. 0, or an exit status (sysexits). */
int notifier_main(const struct notifier_conf *conf);

#endif
