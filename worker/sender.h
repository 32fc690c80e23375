/* sender.h -- the address that a request came from, with trusted proxies in between.
 * Each proxy appends the address of its peer to X-Forwarded-For, so the entries count from the
 * right: with one trusted proxy the last entry is the client. What stands further left is hearsay.
 */
#ifndef QUERN_WORKER_SENDER_H
#define QUERN_WORKER_SENDER_H

#include <stdint.h>
#include <sys/socket.h>

#include "proto/text.h"

#define SENDER_MAX 46 /* INET6_ADDRSTRLEN */

/* Text form of a socket's address; empty for one that has none (unix). IPv4 in IPv6 is shown as
 * IPv4. Writes into `out` (SENDER_MAX bytes). */
struct text sender_text(const struct sockaddr *peer, char *out);
/* `forwarded`: the header's values joined by commas, absent: none. An entry that is no address
 * (with a port, perhaps) gives `peer`, as do 0 hops. */
struct text sender_forwarded(struct text peer, struct text forwarded, uint32_t hops, char *out);

#endif
