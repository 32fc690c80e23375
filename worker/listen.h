/* listen.h -- a worker's side of the listening sockets: accepting, TLS, closing without a bang.
 * The sockets are made once by master and shared by all workers, so that a worker that leaves takes
 * no half-accepted connection along. Loop thread only. */
#ifndef QUERN_WORKER_LISTEN_H
#define QUERN_WORKER_LISTEN_H

#include <h2o.h>
#include <stdint.h>

struct worker;

/* Begin to accept on every listener of the configuration. 0; else it was logged. */
int listen_open(struct worker *w);
/* Out of descriptors or of room: pause. Called once a second, listen_resume begins again. */
void listen_resume(struct worker *w);
/* No more connections from here on (drain). */
void listen_close(struct worker *w);
/* Connections where no request is under way get no further one: read what has arrived, then end.
 * Returns how many there were. */
uint32_t listen_dismiss(struct worker *w);

/* When this connection is closed, half of it first: the answer to a refused body would be lost if
 * the rest of the body met a closed socket (RST). HTTP/1 only. */
void listen_linger(struct worker *w, h2o_conn_t *conn);

#endif
