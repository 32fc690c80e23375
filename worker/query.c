/* query.c -- the query thread: jobs in, jobs out, and the files that stay open between them. */
#include "worker/query.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/limits.h"
#include "shm/log.h"
#include "worker/block_cache.h"
#include "worker/context.h"
#include "worker/trail.h"

#define CATALOGUE_CACHE_KIB 1024
#define SEGMENT_CACHE_KIB 64
#define POLL_US 500
#define TOKENS_SEEN 64
#define USED_EVERY_MS 3600000
#define SAMPLES 61 /* one a second: enough for the mean of a minute */

struct sample {
    int64_t at_us;
    uint64_t events, requests, bytes;
};

struct query_thread {
    struct world *world;
    struct worker *worker; /* NULL: bare */
    pthread_t thread;
    sem_t ready;                                   /* posted once, when jobs can be sent */
    h2o_loop_t *loop;                              /* of the query thread */
    h2o_multithread_queue_t *in_queue, *out_queue; /* out: on the worker's loop */
    h2o_multithread_receiver_t in, out;
    h2o_multithread_message_t stop; /* asks the thread to end */
    uint32_t pending;               /* loop thread: jobs that are out */
    bool stopping;                  /* query thread */

    struct db *catalogue;
    bool reading;             /* a read transaction is open on it … */
    uint64_t snapshot_change; /* … that sees at least what board.change said then */
    struct query_segment *segments;
    uint32_t segment_count;
    uint64_t segments_change; /* snapshot_change of when the list was read */
    bool segments_read;
    uint64_t clock;
    struct arena scratch;
    struct trail trail;
    struct block_cache blocks;

    struct sample sample[SAMPLES]; /* ring; newest at sample_at */
    uint32_t sample_at, sample_count;

    struct {
        int64_t token, at_ms;
    } used[TOKENS_SEEN]; /* by token number; a collision costs one more write */
};

/* ---- databases ---- */

static void catalogue_close(struct query_thread *q)
{
    db_close(q->catalogue);
    q->catalogue = NULL;
    q->reading = false;
}

struct db *query_catalogue(struct query_thread *q)
{
    char path[4096 + 16];

    if (!q->catalogue) {
        struct db_options options = {.mode = DB_READ, .cache_kib = CATALOGUE_CACHE_KIB};

        snprintf(path, sizeof path, "%s/quern.db", q->world->dir);
        if (db_open(path, &options, &q->catalogue) != DB_OK) {
            log_warn("query.catalogue", "error=\"%s\"",
                     q->catalogue ? db_error(q->catalogue) : "out of memory");
            catalogue_close(q);
            return NULL;
        }
    }
    if (!q->reading) {
        q->snapshot_change = atomic_load_explicit(&q->world->board->change, memory_order_acquire);
        if (db_exec(q->catalogue, "BEGIN") != DB_OK)
            return NULL;
        q->reading = true;
    }
    return q->catalogue;
}

static void segment_close(struct query_segment *s)
{
    db_close(s->db);
    s->db = NULL;
    s->reading = false;
}

/* Carry over what is open to the new list, close what is gone: a file that retention has deleted
 * would otherwise keep its blocks on disk for as long as we hold it. */
static void segments_carry(struct query_segment *from, uint32_t count, struct query_segment *to,
                           uint32_t to_count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; from[i].db && k < to_count; k++) {
            if (to[k].id == from[i].id && strcmp(to[k].file, from[i].file) == 0) {
                to[k].db = from[i].db;
                to[k].used = from[i].used;
                to[k].reading = from[i].reading;
                to[k].sieve =
                    to[k].indexed == from[i].indexed ? from[i].sieve : QUERY_SIEVE_UNKNOWN;
                from[i].db = NULL;
            }
        }
        segment_close(&from[i]);
    }
    free(from);
}

static struct query_segment *segment_room(struct query_segment **list, uint32_t count,
                                          uint32_t *room)
{
    if (count == *room) {
        uint32_t more = *room ? *room * 2 : 32;
        struct query_segment *grown = realloc(*list, more * sizeof **list);

        if (!grown)
            return NULL;
        *list = grown;
        *room = more;
    }
    return &(*list)[count];
}

static bool segments_load(struct query_thread *q)
{
    struct db *d = query_catalogue(q);
    struct db_stmt *s = d ? db_query(d, "api_segments") : NULL;
    struct query_segment *list = NULL, *one;
    uint32_t count = 0, room = 0;
    size_t len;
    int rc = -1;

    while (s && (rc = db_step(s)) == 1 && (one = segment_room(&list, count, &room))) {
        const char *file = db_col_str(s, 1, &len), *state;

        *one = (struct query_segment){.id = db_col_int(s, 0),
                                      .first_seq = (uint64_t)db_col_int(s, 3),
                                      .last_seq = (uint64_t)db_col_int(s, 4),
                                      .begun_ms = db_col_int(s, 5),
                                      .ended_ms = db_col_int(s, 6)};
        snprintf(one->file, sizeof one->file, "%s", file ? file : "");
        state = db_col_str(s, 2, &len);
        one->indexed = state && (strcmp(state, "sealed") == 0 || strcmp(state, "packed") == 0);
        if (one->last_seq == 0)
            one->last_seq = UINT64_MAX;
        if (state && strcmp(state, "active") == 0)
            one->ended_ms = INT64_MAX;
        count++;
    }
    if (s)
        db_reset(s);
    if (rc < 0) {
        free(list);
        return false;
    }
    segments_carry(q->segments, q->segment_count, list, count);
    q->segments = list;
    q->segment_count = count;
    q->segments_change = q->snapshot_change;
    return true;
}

uint32_t query_segments(struct query_thread *q, struct query_segment **list)
{
    /* Once a job: pointers into the list are handed out. */
    if (!q->segments_read && query_catalogue(q)) {
        if (!q->segments || q->segments_change != q->snapshot_change)
            segments_load(q);
        q->segments_read = true;
    }
    *list = q->segments;
    return q->segment_count;
}

/* At most QUERY_SEGMENTS_OPEN files: the one not used for longest is closed, but none that this job
 * reads from. */
static void segments_make_room(struct query_thread *q)
{
    struct query_segment *oldest = NULL;
    uint32_t open = 0;

    for (uint32_t i = 0; i < q->segment_count; i++) {
        struct query_segment *s = &q->segments[i];

        open += s->db != NULL;
        if (s->db && !s->reading && (!oldest || s->used < oldest->used))
            oldest = s;
    }
    if (open >= QUERY_SEGMENTS_OPEN && oldest)
        segment_close(oldest);
}

/* A job that looked into many files leaves them open: the newest ones stay so. */
static void segments_let_go(struct query_thread *q)
{
    uint32_t open = 0;

    for (uint32_t i = 0; i < q->segment_count; i++) {
        open += q->segments[i].db != NULL;
        if (open > QUERY_SEGMENTS_OPEN)
            segment_close(&q->segments[i]);
    }
}

struct db *query_segment_db(struct query_thread *q, struct query_segment *s)
{
    struct db_options options = {.mode = DB_READ, .cache_kib = SEGMENT_CACHE_KIB};
    char path[4096 + 96];

    s->used = ++q->clock;
    if (!s->db) {
        segments_make_room(q);
        snprintf(path, sizeof path, "%s/segments/%s", q->world->dir, s->file);
        if (db_open(path, &options, &s->db) != DB_OK) {
            log_warn("query.segment", "file=%s error=\"%s\"", s->file,
                     s->db ? db_error(s->db) : "out of memory");
            segment_close(s);
            return NULL;
        }
    }
    if (!s->reading) {
        if (db_exec(s->db, "BEGIN") != DB_OK)
            return NULL;
        s->reading = true;
    }
    return s->db;
}

void query_release(struct query_thread *q)
{
    for (uint32_t i = 0; i < q->segment_count; i++) {
        if (q->segments[i].reading)
            db_rollback(q->segments[i].db);
        q->segments[i].reading = false;
    }
    if (q->reading)
        db_rollback(q->catalogue);
    q->reading = false;
    q->segments_read = false;
    segments_let_go(q);
}

struct world *query_world(struct query_thread *q)
{
    return q->world;
}

struct arena *query_scratch(struct query_thread *q)
{
    return &q->scratch;
}

struct trail *query_trail(struct query_thread *q)
{
    return &q->trail;
}

struct block_cache *query_blocks(struct query_thread *q)
{
    return &q->blocks;
}

void query_settle(struct query_thread *q)
{
    struct board *board = q->world->board;
    uint64_t want = atomic_load_explicit(&board->committed_batch, memory_order_acquire);
    struct timespec nap = {.tv_nsec = POLL_US * 1000};
    int64_t until = world_ticks_us() + FLUSH_WAIT_MS * 1000;

    if (atomic_load_explicit(&board->flushed_batch, memory_order_acquire) >= want)
        return;
    atomic_store_explicit(&board->flush_wanted, want, memory_order_release);
    world_ring_writer(q->world);
    while (atomic_load_explicit(&board->flushed_batch, memory_order_acquire) < want &&
           world_ticks_us() < until)
        nanosleep(&nap, NULL);
}

/* ---- rates ---- */

static void sample_take(struct query_thread *q)
{
    struct counters *c = q->world->counters;
    int64_t now = world_ticks_us();

    if (q->sample_count && now - q->sample[q->sample_at].at_us < 900000)
        return;
    q->sample_at = (q->sample_at + 1) % SAMPLES;
    q->sample[q->sample_at] = (struct sample){.at_us = now,
                                              .events = counter_sum(c, COUNTER_events_stored),
                                              .requests = counter_sum(c, COUNTER_requests),
                                              .bytes = counter_sum(c, COUNTER_bytes_in)};
    if (q->sample_count < SAMPLES)
        q->sample_count++;
}

void query_rates(const struct query_thread *q, struct query_rates *out)
{
    static const uint32_t BACK[3] = {1, 10, 60};
    const struct sample *now = &q->sample[q->sample_at];

    memset(out, 0, sizeof *out);
    for (int i = 0; i < 3 && q->sample_count > 1; i++) {
        uint32_t back = BACK[i] < q->sample_count ? BACK[i] : q->sample_count - 1;
        const struct sample *then = &q->sample[(q->sample_at + SAMPLES - back) % SAMPLES];
        double seconds = (double)(now->at_us - then->at_us) / 1e6;

        if (seconds <= 0)
            continue;
        out->events[i] = (double)(now->events - then->events) / seconds;
        out->requests[i] = (double)(now->requests - then->requests) / seconds;
        out->bytes[i] = (double)(now->bytes - then->bytes) / seconds;
    }
}

bool query_token_due(struct query_thread *q, int64_t token, int64_t now_ms)
{
    uint32_t at = (uint32_t)token % TOKENS_SEEN;

    if (q->used[at].token == token && q->used[at].at_ms + USED_EVERY_MS > now_ms)
        return false;
    q->used[at].token = token;
    q->used[at].at_ms = now_ms;
    return true;
}

/* ---- the thread ---- */

static void on_jobs(h2o_multithread_receiver_t *receiver, h2o_linklist_t *messages)
{
    struct query_thread *q = H2O_STRUCT_FROM_MEMBER(struct query_thread, in, receiver);

    while (!h2o_linklist_is_empty(messages)) {
        h2o_multithread_message_t *m =
            H2O_STRUCT_FROM_MEMBER(h2o_multithread_message_t, link, messages->next);
        struct query_job *job = H2O_STRUCT_FROM_MEMBER(struct query_job, message, m);

        h2o_linklist_unlink(&m->link);
        if (m == &q->stop) {
            q->stopping = true;
            continue;
        }
        if (!q->stopping) {
            job->run(q, job);
            query_release(q);
        }
        h2o_multithread_send_message(&q->out, m);
    }
}

static void on_done(h2o_multithread_receiver_t *receiver, h2o_linklist_t *messages)
{
    struct query_thread *q = H2O_STRUCT_FROM_MEMBER(struct query_thread, out, receiver);

    while (!h2o_linklist_is_empty(messages)) {
        h2o_multithread_message_t *m =
            H2O_STRUCT_FROM_MEMBER(h2o_multithread_message_t, link, messages->next);
        struct query_job *job = H2O_STRUCT_FROM_MEMBER(struct query_job, message, m);

        h2o_linklist_unlink(&m->link);
        q->pending--;
        job->done(q->worker, job);
    }
}

/* Once a second, so that an idle worker lets go of files that retention has deleted, and of memory. */
static void tend(struct query_thread *q)
{
    uint64_t change = atomic_load_explicit(&q->world->board->change, memory_order_acquire);
    bool open = false;

    sample_take(q);
    block_cache_tend(&q->blocks, world_ticks_us());
    for (uint32_t i = 0; i < q->segment_count; i++)
        open |= q->segments[i].db != NULL;
    if (open && change != q->segments_change)
        segments_load(q);
    query_release(q);
}

/* Loop and queue are made here and not by the worker's thread: h2o's sockets take their buffers from a
 * pool of the thread that made them, and that pool has no lock. */
static void *thread_main(void *arg)
{
    struct query_thread *q = arg;

    pthread_setname_np(pthread_self(), "query");
    q->loop = h2o_evloop_create();
    q->in_queue = h2o_multithread_create_queue(q->loop);
    h2o_multithread_register_receiver(q->in_queue, &q->in, on_jobs);
    sem_post(&q->ready);
    while (!q->stopping) {
        h2o_evloop_run(q->loop, 1000);
        tend(q);
    }
    return NULL;
}

static void files_close(struct query_thread *q)
{
    for (uint32_t i = 0; i < q->segment_count; i++)
        segment_close(&q->segments[i]);
    free(q->segments);
    catalogue_close(q);
    arena_free(&q->scratch);
    trail_free(&q->trail);
    block_cache_free(&q->blocks);
}

struct query_thread *query_bare(struct world *world)
{
    struct query_thread *q = calloc(1, sizeof *q);

    if (!q || sodium_init() < 0) {
        free(q);
        return NULL;
    }
    q->world = world;
    arena_init(&q->scratch, API_ARENA_MAX);
    return q;
}

void query_bare_free(struct query_thread *q)
{
    if (!q)
        return;
    query_release(q);
    files_close(q);
    free(q);
}

int query_start(struct worker *w)
{
    struct query_thread *q = query_bare(w->world);
    int rc;

    if (!q)
        return -ENOMEM;
    q->worker = w;
    q->out_queue = h2o_multithread_create_queue(w->h2o.loop);
    h2o_multithread_register_receiver(q->out_queue, &q->out, on_done);
    sem_init(&q->ready, 0, 0);
    if ((rc = pthread_create(&q->thread, NULL, thread_main, q)) != 0)
        return -rc; /* the worker does not start: nothing to take apart */
    while (sem_wait(&q->ready) == -1 && errno == EINTR)
        ;
    w->query = q;
    return 0;
}

void query_stop(struct worker *w)
{
    struct query_thread *q = w->query;

    if (!q)
        return;
    h2o_multithread_send_message(&q->in, &q->stop);
    pthread_join(q->thread, NULL);
    w->query = NULL;
    files_close(q);
    if (q->pending)
        return; /* drain was cut short: answers lie in a queue that h2o will not give up with them */
    h2o_multithread_unregister_receiver(q->out_queue, &q->out);
    h2o_multithread_destroy_queue(q->out_queue);
    free(q); /* its loop cannot be taken apart in h2o 2.2.5; the process ends soon */
}

void query_send(struct worker *w, struct query_job *job)
{
    struct query_thread *q = w->query;

    q->pending++;
    job->message = (h2o_multithread_message_t){0};
    h2o_multithread_send_message(&q->in, &job->message);
}

uint32_t query_pending(const struct worker *w)
{
    return w->query ? w->query->pending : 0;
}
