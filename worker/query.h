/* query.h -- the query thread of a worker: reads the databases, so that the loop never waits for a disk.
 * For        the management API: a job goes over with its request and comes back with its answer.
 * Processes  one thread per worker, made after the fork. It owns the read-only connections: one to the
 *            catalogue, and the most recently used segments.
 * Threads    query_start, query_send, query_stop: the loop thread. Everything else: the query thread,
 *            from within a job's `run`.
 * Blocking   query_send never; query_stop waits for the job that is running.
 * Snapshots  all that one job reads from a file comes from one read transaction. */
#ifndef QUERN_WORKER_QUERY_H
#define QUERN_WORKER_QUERY_H

#include <h2o.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/arena.h"
#include "schema/db.h"
#include "shm/world.h"

struct worker;
struct query_thread;

struct query_job {
    h2o_multithread_message_t message;                          /* first: the queue's own */
    void (*run)(struct query_thread *q, struct query_job *job); /* query thread */
    void (*done)(struct worker *w, struct query_job *job);      /* loop thread, afterwards */
};

/* Make the thread of this worker (w->query); w->h2o must have its loop. 0 or a negative errno. */
int query_start(struct worker *w);
/* Let the running job end, drop the rest, join the thread. Jobs not done are lost: drain first. */
void query_stop(struct worker *w);
/* Hand a job over. Whoever takes new work in asks query_pending() first. */
void query_send(struct worker *w, struct query_job *job);
/* Jobs handed over that have not come back; bounded by QUERY_JOBS_MAX at the door. */
uint32_t query_pending(const struct worker *w);

/* ---- within a job ---- */

/* One storage file, as the catalogue's table `segment` tells of it. */
struct query_segment {
    int64_t id;
    char file[64];
    bool indexed;                 /* sealed: the random indexes are there */
    uint64_t first_seq, last_seq; /* of the active one: UINT64_MAX */
    int64_t begun_ms;             /* the day it was begun */
    int64_t ended_ms;             /* when the last of it came in; of the active one: INT64_MAX */
    struct db *db;                /* NULL: not open */
    uint64_t used;                /* clock of the LRU */
    bool reading;                 /* a read transaction of this job is open */
    enum { QUERY_SIEVE_UNKNOWN, QUERY_SIEVE_NONE, QUERY_SIEVE_THERE } sieve; /* block_sieve.h */
};

struct world *query_world(struct query_thread *q);
/* The catalogue, within this job's read transaction. NULL: it cannot be opened (yet). */
struct db *query_catalogue(struct query_thread *q);
/* Wait until what was committed before now is counted in the aggregates as well, at most
 * FLUSH_WAIT_MS. Called before the catalogue is read in this job. */
void query_settle(struct query_thread *q);
/* Segments, newest first. */
uint32_t query_segments(struct query_thread *q, struct query_segment **list);
/* The open database of a segment, within this job's read transaction. NULL: gone or damaged. */
struct db *query_segment_db(struct query_thread *q, struct query_segment *s);
/* A second arena, for one block at a time. Reset by whoever uses it next. */
struct arena *query_scratch(struct query_thread *q);
/* What of which trace lies where in the segment in use: see worker/block_store.c, trace_error.c. */
struct trail;
struct trail *query_trail(struct query_thread *q);

/* Blocks that stay unpacked: see worker/block_cache.h. */
struct block_cache;
struct block_cache *query_blocks(struct query_thread *q);

/* Events, bytes and requests per second over the last 1, 10 and 60 seconds. */
struct query_rates {
    double events[3], requests[3], bytes[3];
};
void query_rates(const struct query_thread *q, struct query_rates *out);

/* Is this token's use worth writing down? True once an hour for each, as far as this thread knows. */
bool query_token_due(struct query_thread *q, int64_t token, int64_t now_ms);

/* A thread without a loop, for tests and tools: the same connections, jobs run by the caller. */
struct query_thread *query_bare(struct world *world);
void query_bare_free(struct query_thread *q);
/* End the read transactions of this job; the thread does it after each. */
void query_release(struct query_thread *q);

#endif
