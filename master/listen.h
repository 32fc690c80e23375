/* listen.h -- listening sockets: bound here, given by systemd, or inherited from an older binary.
 * For        one set of sockets that all workers share; a worker that leaves takes no half-accepted
 *            connection along (which SO_REUSEPORT would).
 * Ownership  a set owns its descriptors. A set built from an older one shares those whose address
 *            stayed; listen_release() closes what only one of the two has.
 * Blocking   never. */
#ifndef QUERN_MASTER_LISTEN_H
#define QUERN_MASTER_LISTEN_H

#include "master/conf.h"

struct listener {
    int fd;
    bool tls;
    bool control;                 /* DATA/quern.sock */
    bool given;                   /* by systemd: stays whatever the configuration says */
    char asked[CONF_ADDRESS_MAX]; /* as configured: what a reload compares */
    char bound[CONF_ADDRESS_MAX]; /* as the kernel has it: port 0 has become a real one */
};

struct listen_set {
    struct listener at[LISTENERS_MAX];
    uint32_t count;
};

/* Add the sockets of systemd's LISTEN_FDS. False: one is no listening stream socket; see why. */
bool listen_given(struct listen_set *s, char *why, size_t room);
/* Add one that came with the hand-over of an older binary. False: it is no listening socket. */
bool listen_inherit(struct listen_set *s, int fd, const char *asked, bool given);
/* The set that `c` asks for: sockets of `old` with the same address are kept, the rest is bound.
 * The control socket DATA/quern.sock is part of every set. False: one could not be had, `why` says
 * which; nothing was changed. */
bool listen_build(struct listen_set *out, const struct listen_set *old, const struct conf *c,
                  const char *data_dir, char *why, size_t room);
/* Close the sockets of `gone` that are not in `kept` (NULL: all of them). */
void listen_release(struct listen_set *gone, const struct listen_set *kept);
/* Close them all and leave the socket files to the binary that took over. */
void listen_forget(struct listen_set *s);
/* "http://127.0.0.1:9000" of the first TCP socket; "" when there is none. */
void listen_url(const struct listen_set *s, char *out, size_t room);

#endif
