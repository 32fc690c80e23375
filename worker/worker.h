/* worker.h -- the door of a worker process: HTTP in; decode, scrub, group, append to its ring. */
#ifndef QUERN_WORKER_WORKER_H
#define QUERN_WORKER_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "shm/world.h"

#define LISTENERS_MAX 16

struct worker_listener {
    int fd;                 /* listening socket, shared by all workers */
    bool control;           /* the unix socket in the data folder: peer credentials are the login */
    const char *cert, *key; /* TLS; NULL: plain */
};

struct worker_conf {
    struct world *world;
    uint32_t slot, generation;
    struct worker_listener listeners[LISTENERS_MAX];
    uint32_t listener_count;
    bool durability_power;   /* answer after the commit, else after ring_put */
    bool http2;              /* off by default: h2o 2.2.5 predates the rapid-reset fix */
    const char *base_url;    /* external URL without trailing slash; "" = from Host */
    uint32_t proxy_hops;     /* trusted proxies in front: X-Forwarded-For entries from the right */
    uint32_t idle_timeout_s; /* keep-alive; long-lived exporter connections must not be cut early */
    uint64_t body_max;       /* bytes, at most BODY_MAX */
    uint64_t attachment_max; /* bytes, at most ITEM_ATTACHMENT_MAX */
    uint32_t retention_days; /* spans that ended before that are refused; 0: none is too old */
    const char *
        local_project; /* slug of the project that keyless OTLP from local peers goes to; NULL: off */
    int channel; /* socketpair to master: EOF = master gone, drain; 'R' is sent when serving */
    int stop_signal_fd; /* readable when TERM arrived: drain and return */
};

/* Serve until told to drain. Returns an exit status. */
int worker_main(const struct worker_conf *conf);

#endif
