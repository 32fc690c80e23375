#include "writer/seal.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "schema/db.h"
#include "schema/segment.h"
#include "shm/log.h"
#include "writer/context.h"
#include "writer/files.h"

#define JOBS 64
#define NICE 10             /* ingest comes first */
#define TRUNCATE_TRIES 5    /* readers of a WAL leave within a query */
#define CHECKPOINT_TRIES 20 /* the checkpointer may still have the file at hand, a query its WAL */
#define CHECKPOINT_REST_MS 100

struct job {
    uint32_t id;
    char file[64];
};

/* A thread and what it has to do. */
struct hand {
    pthread_t thread;
    bool packs; /* else seals */
    struct sealer *of;
    struct job jobs[JOBS], now; /* now.id 0: none at hand */
    uint32_t job_count;
};

struct sealer {
    struct hand seals, packs;
    pthread_mutex_t lock; /* over results and both hands' jobs */
    pthread_cond_t wake;
    struct sealed results[JOBS];
    uint32_t result_count;
    _Atomic bool stop, busy;
    struct world *world;
};

/* ---- the work ---- */

/* The WAL into the file, as far as readers let it. DB_BUSY: somebody else has been at it all the time. */
static int checkpoint(struct db *d)
{
    const struct timespec rest = {.tv_nsec = CHECKPOINT_REST_MS * 1000 * 1000};
    int left, rc;

    for (int i = 0; i < CHECKPOINT_TRIES; i++) {
        rc = db_checkpoint(d, &left);
        if (rc != DB_BUSY && (rc != DB_OK || left == 0))
            break;
        nanosleep(&rest, NULL);
    }
    for (int i = 0; rc == DB_OK && i < TRUNCATE_TRIES && db_checkpoint_all(d) == DB_BUSY; i++)
        ; /* each try waits for the readers of the moment; an overfull WAL does no harm */
    return rc;
}

int seal_file(const char *path)
{
    /* In memory the sorting of four indexes would take 10 MB, which malloc would not give back. */
    struct db_options o = {
        .mode = DB_WRITE, .cache_kib = 512, .no_autocheckpoint = true, .sort_on_disk = true};
    struct db *d;
    int rc;

    if ((rc = db_open(path, &o, &d)) == DB_OK && (rc = db_begin(d)) == DB_OK) {
        if ((rc = db_script(d, "segment-seal")) == DB_OK && (rc = segment_index_traces(d)) == DB_OK)
            rc = db_commit(d);
        if (rc != DB_OK)
            db_rollback(d);
    }
    if (rc == DB_OK)
        rc = checkpoint(d);
    if (rc == DB_BUSY) /* it stays "sealing", and is asked for again (keep.c) */
        log_debug("segment.busy", "file=\"%s\" error=\"%s\"", path, db_error(d));
    else if (rc != DB_OK && d)
        log_error("segment.seal", "file=\"%s\" error=\"%s\"", path, db_error(d));
    db_close(d);
    return rc;
}

static bool go_on(void *own)
{
    struct sealer *s = own;
    struct timespec moment = {.tv_nsec = 100 * 1000 * 1000};

    while (atomic_load(&s->busy) && !atomic_load(&s->stop))
        nanosleep(&moment, NULL);
    return !atomic_load(&s->stop);
}

static void do_seal(struct sealer *s, const struct job *j, struct sealed *out)
{
    char path[FILES_PATH_MAX];

    files_segment(s->world, j->file, path);
    out->failed = seal_file(path) != DB_OK;
    out->bytes = files_bytes(path);
}

static void do_pack(struct sealer *s, const struct job *j, struct sealed *out)
{
    char from[FILES_PATH_MAX], to[FILES_PATH_MAX], tmp[FILES_PATH_MAX + 8];
    struct seal_pause pause = {go_on, s};
    int rc;

    snprintf(out->file, sizeof(out->file), "%.*s.packed.db", (int)strlen(j->file) - 3, j->file);
    files_segment(s->world, j->file, from);
    files_segment(s->world, out->file, to);
    snprintf(tmp, sizeof(tmp), "%s.tmp", to);
    files_remove(tmp);
    rc = seal_pack(from, tmp, &pause);
    if (rc == DB_OK && (rename(tmp, to) == -1 || !files_sync_dir(to))) {
        log_error("segment.pack", "file=\"%s\" error=\"%s\"", to, strerror(errno));
        files_remove(to);
        rc = DB_FAIL;
    }
    if (rc != DB_OK) {
        files_remove(tmp);
        snprintf(out->file, sizeof(out->file), "%s", j->file);
    }
    out->failed = rc != DB_OK;
    out->bytes = files_bytes(rc == DB_OK ? to : from);
}

/* ---- the threads ---- */

static void *run(void *own)
{
    struct hand *h = own;
    struct sealer *s = h->of;

    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE); /* Linux: of this thread alone */
    pthread_mutex_lock(&s->lock);
    for (;;) {
        struct sealed out = {.packed = h->packs};

        while (!h->job_count && !atomic_load(&s->stop))
            pthread_cond_wait(&s->wake, &s->lock);
        if (atomic_load(&s->stop))
            break;
        h->now = h->jobs[0];
        memmove(h->jobs, h->jobs + 1, --h->job_count * sizeof(*h->jobs));
        pthread_mutex_unlock(&s->lock);
        out.id = h->now.id;
        snprintf(out.file, sizeof(out.file), "%s", h->now.file);
        if (h->packs)
            do_pack(s, &h->now, &out);
        else
            do_seal(s, &h->now, &out);
        malloc_trim(0); /* what this needed for once is not ours for ever */
        pthread_mutex_lock(&s->lock);
        while (s->result_count == JOBS && !atomic_load(&s->stop)) /* the writer is very busy */
            pthread_cond_wait(&s->wake, &s->lock);
        h->now.id = 0;
        if (s->result_count < JOBS)
            s->results[s->result_count++] = out;
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static bool start(struct sealer *s, struct hand *h, bool packs)
{
    h->of = s;
    h->packs = packs;
    return pthread_create(&h->thread, NULL, run, h) == 0;
}

static void stop(struct sealer *s, struct hand *h)
{
    pthread_mutex_lock(&s->lock);
    atomic_store(&s->stop, true);
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(h->thread, NULL);
}

static void discard(struct sealer *s)
{
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

struct sealer *sealer_start(struct writer *w)
{
    struct sealer *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->world = w->world;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->wake, NULL);
    if (!start(s, &s->seals, false)) {
        discard(s);
        return NULL;
    }
    if (!start(s, &s->packs, true)) {
        stop(s, &s->seals);
        discard(s);
        return NULL;
    }
    return s;
}

void sealer_stop(struct sealer *s)
{
    if (!s)
        return;
    stop(s, &s->seals);
    stop(s, &s->packs);
    discard(s);
}

static bool enqueue(struct sealer *s, struct hand *h, uint32_t most, const struct job *j)
{
    bool room;

    pthread_mutex_lock(&s->lock);
    room = h->job_count < most;
    if (room) {
        h->jobs[h->job_count++] = *j;
        pthread_cond_broadcast(&s->wake);
    }
    pthread_mutex_unlock(&s->lock);
    return room;
}

void sealer_seal(struct sealer *s, uint32_t id, const char *file)
{
    struct job j = {.id = id};

    snprintf(j.file, sizeof(j.file), "%s", file);
    enqueue(s, &s->seals, JOBS,
            &j); /* no room: it stays "sealing" and is asked for again (keep.c) */
}

bool sealer_pack(struct sealer *s, uint32_t id, const char *file)
{
    struct job j = {.id = id};

    snprintf(j.file, sizeof(j.file), "%s", file);
    return enqueue(s, &s->packs, 1, &j);
}

void sealer_load(struct sealer *s, bool busy)
{
    atomic_store(&s->busy, busy);
}

static bool in_hand(const struct hand *h, uint32_t id)
{
    bool has = h->now.id == id;

    for (uint32_t i = 0; i < h->job_count; i++)
        has |= h->jobs[i].id == id;
    return has;
}

bool sealer_has(struct sealer *s, uint32_t id)
{
    bool has;

    pthread_mutex_lock(&s->lock);
    has = in_hand(&s->seals, id) || in_hand(&s->packs, id);
    for (uint32_t i = 0; i < s->result_count; i++)
        has |= s->results[i].id == id;
    pthread_mutex_unlock(&s->lock);
    return has;
}

bool sealer_next(struct sealer *s, struct sealed *out)
{
    bool some;

    pthread_mutex_lock(&s->lock);
    if ((some = s->result_count > 0)) {
        *out = s->results[0];
        memmove(s->results, s->results + 1, --s->result_count * sizeof(*s->results));
        pthread_cond_broadcast(&s->wake);
    }
    pthread_mutex_unlock(&s->lock);
    return some;
}
