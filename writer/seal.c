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
    bool pack;
    char file[64];
};

struct sealer {
    pthread_t thread;
    pthread_mutex_t lock; /* over jobs, results, now */
    pthread_cond_t wake;
    struct job jobs[JOBS], now; /* now.id 0: none at hand */
    uint32_t job_count;
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

/* ---- the thread ---- */

static void *run(void *own)
{
    struct sealer *s = own;

    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE); /* Linux: of this thread alone */
    pthread_mutex_lock(&s->lock);
    for (;;) {
        struct sealed out = {0};

        while (!s->job_count && !atomic_load(&s->stop))
            pthread_cond_wait(&s->wake, &s->lock);
        if (atomic_load(&s->stop))
            break;
        s->now = s->jobs[0];
        memmove(s->jobs, s->jobs + 1, --s->job_count * sizeof(*s->jobs));
        pthread_mutex_unlock(&s->lock);
        out.id = s->now.id;
        out.packed = s->now.pack;
        snprintf(out.file, sizeof(out.file), "%s", s->now.file);
        if (s->now.pack)
            do_pack(s, &s->now, &out);
        else
            do_seal(s, &s->now, &out);
        malloc_trim(0); /* what this needed for once is not ours for ever */
        pthread_mutex_lock(&s->lock);
        s->now.id = 0;
        s->results[s->result_count++] = out;
        while (s->result_count == JOBS && !atomic_load(&s->stop)) /* the writer is very busy */
            pthread_cond_wait(&s->wake, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

struct sealer *sealer_start(struct writer *w)
{
    struct sealer *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->world = w->world;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->wake, NULL);
    if (pthread_create(&s->thread, NULL, run, s) != 0) {
        free(s);
        return NULL;
    }
    return s;
}

void sealer_stop(struct sealer *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    atomic_store(&s->stop, true);
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static bool enqueue(struct sealer *s, uint32_t id, const char *file, bool pack)
{
    bool room;

    pthread_mutex_lock(&s->lock);
    room = s->job_count < (pack ? 1 : JOBS); /* packing is never in the way of sealing */
    if (room) {
        struct job *j = &s->jobs[s->job_count++];

        *j = (struct job){.id = id, .pack = pack};
        snprintf(j->file, sizeof(j->file), "%s", file);
        pthread_cond_broadcast(&s->wake);
    }
    pthread_mutex_unlock(&s->lock);
    return room;
}

void sealer_seal(struct sealer *s, uint32_t id, const char *file)
{
    /* No room: it stays "sealing" in the catalogue and is asked for again (keep.c). */
    enqueue(s, id, file, false);
}

bool sealer_pack(struct sealer *s, uint32_t id, const char *file)
{
    return enqueue(s, id, file, true);
}

void sealer_load(struct sealer *s, bool busy)
{
    atomic_store(&s->busy, busy);
}

bool sealer_has(struct sealer *s, uint32_t id)
{
    bool has;

    pthread_mutex_lock(&s->lock);
    has = s->now.id == id;
    for (uint32_t i = 0; i < s->job_count; i++)
        has |= s->jobs[i].id == id;
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
