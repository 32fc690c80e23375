/* writer.h -- the door of the writer process: the only one that writes SQLite. */
#ifndef QUERN_WRITER_WRITER_H
#define QUERN_WRITER_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm/world.h"

struct writer_conf {
    struct world *world;
    bool durability_power;    /* else process: synchronous=NORMAL, workers answer at ring_put */
    uint32_t retention_days;  /* 0: no limit by age */
    uint64_t retention_bytes; /* over all segments; 0: none */
    uint64_t min_free_bytes;  /* free-disk guard: below it new data is refused at the door */
    uint32_t segment_rows;    /* at most SEGMENT_ROWS_MAX; tests set it low */
    uint32_t seal_idle_s;     /* idle time before sealed segments are recompressed */
    const char *base_url;     /* external URL without trailing slash */
    int channel;        /* socketpair to master: EOF means master is gone; 'R' is sent when ready */
    int stop_signal_fd; /* readable when TERM arrived (signalfd); drain all rings and return */
};

/* Run until told to stop. 0: drained and closed; else an exit status (sysexits). Prepares everything
 * (migrations, first start, rebuild of shared memory) before it writes 'R' to the channel. */
int writer_main(const struct writer_conf *conf);

/* One command on a folder whose server is stopped (the caller holds the folder's lock). Writes the
 * JSON answer into `answer`; returns an HTTP-like status (200, 201, 400, 404, 409, 500). */
int writer_command_offline(const struct writer_conf *conf, const char *name, const char *args_json,
                           char *answer, size_t room);

/* Integrity of catalogue, segments, blocks, rings, index of a stopped folder; prints findings to
 * stdout, one a line. 0: all whole; 1: findings. */
int writer_check(const struct writer_conf *conf);

#endif
