#include "writer/checkpoint.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shm/log.h"
#include "writer/context.h"
#include "writer/files.h"

#define WAL_BYTES (4 << 20) /* its fsync holds up those of the commits: a few milliseconds */
#define WAL_LONG (64 << 20) /* it begins anew from here on */
#define CATALOGUE_PAGE 4096 /* SQLite's own choice */
#define QUIET_S 1           /* with less than that, once a second */

struct watched {
    char path[FILES_PATH_MAX];
    bool renew;    /* open another file */
    int frames;    /* in the WAL, as last told */
    int seen;      /* … when it was last checkpointed */
    bool wanted;   /* checkpoint as soon as you can */
    bool nearly;   /* … and so it was: only what was committed meanwhile is left */
    struct db *db; /* the thread's */
};

struct checkpointer {
    pthread_t thread;
    pthread_mutex_t lock; /* over everything but watched.db */
    pthread_cond_t wake;
    struct watched segment, catalogue;
    bool stop;
    struct world *world;
};

static void open_again(struct watched *f, const char *path)
{
    struct db_options o = {.mode = DB_WRITE, .cache_kib = 64, .no_autocheckpoint = true};

    db_close(f->db);
    f->db = NULL;
    if (path[0] && db_open(path, &o, &f->db) != DB_OK) {
        log_warn("checkpoint.open", "file=\"%s\" error=\"%s\"", path,
                 f->db ? db_error(f->db) : "no memory");
        db_close(f->db);
        f->db = NULL;
    }
}

/* Under the lock on entry and on return, not in between. */
static void serve(struct checkpointer *c, struct watched *f)
{
    char path[FILES_PATH_MAX] = "";
    bool renew = f->renew;
    int frames = f->frames, left = 1, rc = DB_FAIL;

    if (!renew && f->seen == frames && !f->wanted)
        return;
    f->renew = f->wanted = f->nearly = false;
    f->seen = frames;
    memcpy(path, f->path, sizeof(path));
    pthread_mutex_unlock(&c->lock);
    if (renew)
        open_again(f, path);
    if (f->db) {
        rc = db_checkpoint(f->db, &left);
        if (rc == DB_OK)
            counter_add(c->world->counters, COUNTER_SLOT_WRITER, COUNTER_checkpoints, 1);
        else if (rc != DB_BUSY)
            log_warn("checkpoint", "file=\"%s\" error=\"%s\"", path, db_error(f->db));
    }
    pthread_mutex_lock(&c->lock);
    f->renew |= path[0] && !f->db; /* it could not be opened just now: again in a second */
    f->nearly = rc == DB_OK && left == 0 && !f->renew;
}

static void *run(void *own)
{
    struct checkpointer *c = own;

    pthread_mutex_lock(&c->lock);
    while (!c->stop) {
        struct timespec until;

        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += QUIET_S;
        if (!c->segment.wanted && !c->catalogue.wanted)
            pthread_cond_timedwait(&c->wake, &c->lock, &until);
        if (c->stop)
            break;
        serve(c, &c->segment);
        serve(c, &c->catalogue);
    }
    pthread_mutex_unlock(&c->lock);
    db_close(c->segment.db);
    db_close(c->catalogue.db);
    return NULL;
}

struct checkpointer *checkpointer_start(struct writer *w)
{
    struct checkpointer *c = calloc(1, sizeof(*c));
    pthread_condattr_t monotonic; /* a clock set back must not make a second an hour */

    if (!c)
        return NULL;
    c->world = w->world;
    files_catalogue(w->world, c->catalogue.path);
    c->catalogue.renew = true;
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&c->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&c->thread, NULL, run, c) != 0) {
        free(c);
        return NULL;
    }
    return c;
}

void checkpointer_stop(struct checkpointer *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->stop = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void checkpointer_watch(struct checkpointer *c, const char *segment_path)
{
    pthread_mutex_lock(&c->lock);
    snprintf(c->segment.path, sizeof(c->segment.path), "%s", segment_path);
    c->segment.renew = true;
    c->segment.nearly = false;
    c->segment.frames = c->segment.seen = 0;
    pthread_mutex_unlock(&c->lock);
}

static bool note(struct watched *f, int frames, int page)
{
    f->frames = frames;
    if (frames < f->seen) /* the WAL has begun anew */
        f->seen = 0;
    if (frames - f->seen < WAL_BYTES / page)
        return false;
    f->wanted = true;
    return true;
}

/* Once for each time that the thread got that far. */
static bool is_last(struct watched *f, int page)
{
    bool last = f->nearly && f->frames > WAL_LONG / page;

    f->nearly = false;
    return last;
}

unsigned checkpointer_note(struct checkpointer *c, int segment_frames, int catalogue_frames)
{
    unsigned last;
    bool wake;

    if (pthread_mutex_trylock(&c->lock) != 0)
        return 0; /* it is just looking; the next commit tells it */
    wake = note(&c->segment, segment_frames, SEGMENT_FAST);
    wake |= note(&c->catalogue, catalogue_frames, CATALOGUE_PAGE);
    if (wake)
        pthread_cond_signal(&c->wake);
    last = (is_last(&c->segment, SEGMENT_FAST) ? CHECKPOINT_SEGMENT : 0) |
           (is_last(&c->catalogue, CATALOGUE_PAGE) ? CHECKPOINT_CATALOGUE : 0);
    pthread_mutex_unlock(&c->lock);
    return last;
}
