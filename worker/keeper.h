/* keeper.h -- large attachments on their way to DATA/attachments, off the loop.
 * For        what is too large for the ring: a file is written, synced and named before the record
 *            that speaks of it is appended.
 * Threads    one, made with the first job. It touches nothing but the jobs' bytes and files.
 * Bounds     KEEPER_JOBS_MAX jobs, KEEPER_BYTES_MAX bytes under way.
 * Crash      a file without a record may be left behind; the writer removes such by age. */
#ifndef QUERN_WORKER_KEEPER_H
#define QUERN_WORKER_KEEPER_H

#include <h2o.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/text.h"

struct worker;

#define KEEPER_NAME_LEN 32 /* lower-case hex */

struct keeper_file {
    struct keeper_file *next;
    struct text data;
    char name[KEEPER_NAME_LEN + 1];
};

struct keeper_job {
    h2o_multithread_message_t message; /* first: the queue's own */
    struct keeper_job *next;
    struct keeper_file *files;
    uint64_t bytes; /* of all files */
    int rc;         /* 0: all are durable; else a negative errno, and none is there */
    /* Loop thread, afterwards. The job and its bytes must live until then. */
    void (*done)(struct worker *w, struct keeper_job *job);
};

int keeper_start(struct worker *w);
/* Ends the thread after the job it is at. */
void keeper_stop(struct worker *w);
/* A name that no other file has. */
void keeper_name(struct keeper_file *f);
/* False: too much is under way; nothing happened. */
bool keeper_send(struct worker *w, struct keeper_job *job);
/* Take the files away again: their record did not go out. */
void keeper_remove(struct worker *w, const struct keeper_file *files);
bool keeper_idle(const struct worker *w);

#endif
