/* keeper.c -- a thread that writes files, a queue in front of it, h2o's queue behind it. */
#include "worker/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/limits.h"
#include "shm/log.h"
#include "worker/context.h"

struct keeper {
    struct worker *w;
    h2o_multithread_receiver_t back; /* jobs that are done */
    uint32_t jobs;                   /* loop thread: under way … */
    uint64_t bytes;                  /* … and how large */
    bool started;
    pthread_t thread;
    int dir_fd; /* DATA/attachments */

    pthread_mutex_t lock;
    pthread_cond_t more;
    struct keeper_job *first, **last; /* under the lock */
    bool stop;                        /* under the lock */
};

/* ---- the thread ---- */

static int write_all(int fd, struct text data)
{
    while (data.len) {
        ssize_t n = write(fd, data.at, data.len);

        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -errno;
        data = text_cut(data, (size_t)n, data.len);
    }
    return 0;
}

/* Under a passing name until it is whole and on disk. */
static int keep_file(int dir_fd, const struct keeper_file *f)
{
    char passing[KEEPER_NAME_LEN + 8];
    int fd, rc;

    snprintf(passing, sizeof passing, "%s.tmp", f->name);
    fd = openat(dir_fd, passing, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd == -1)
        return -errno;
    rc = write_all(fd, f->data);
    if (rc == 0 && fsync(fd) != 0)
        rc = -errno;
    if (close(fd) != 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && renameat(dir_fd, passing, dir_fd, f->name) != 0)
        rc = -errno;
    if (rc != 0)
        unlinkat(dir_fd, passing, 0);
    return rc;
}

static void remove_files(int dir_fd, const struct keeper_file *files)
{
    for (const struct keeper_file *f = files; f; f = f->next)
        unlinkat(dir_fd, f->name, 0);
}

static int keep(int dir_fd, const struct keeper_file *files)
{
    int rc = 0;

    for (const struct keeper_file *f = files; f && rc == 0; f = f->next)
        rc = keep_file(dir_fd, f);
    if (rc == 0 && fsync(dir_fd) != 0) /* the names */
        rc = -errno;
    if (rc != 0)
        remove_files(dir_fd, files);
    return rc;
}

static void *run(void *arg)
{
    struct keeper *k = arg;

    pthread_mutex_lock(&k->lock);
    while (!k->stop) {
        struct keeper_job *job = k->first;

        if (!job) {
            pthread_cond_wait(&k->more, &k->lock);
            continue;
        }
        if (!(k->first = job->next))
            k->last = &k->first;
        pthread_mutex_unlock(&k->lock);
        job->rc = keep(k->dir_fd, job->files);
        h2o_multithread_send_message(&k->back, &job->message);
        pthread_mutex_lock(&k->lock);
    }
    pthread_mutex_unlock(&k->lock);
    return NULL;
}

/* ---- the loop ---- */

static void on_back(h2o_multithread_receiver_t *back, h2o_linklist_t *messages)
{
    struct keeper *k = H2O_STRUCT_FROM_MEMBER(struct keeper, back, back);

    while (!h2o_linklist_is_empty(messages)) {
        struct keeper_job *job =
            H2O_STRUCT_FROM_MEMBER(struct keeper_job, message.link, messages->next);

        h2o_linklist_unlink(&job->message.link);
        k->jobs--;
        k->bytes -= job->bytes;
        if (job->rc != 0)
            log_warn("keeper.write", "bytes=%llu reason=\"%s\"", (unsigned long long)job->bytes,
                     strerror(-job->rc));
        job->done(k->w, job);
    }
}

int keeper_start(struct worker *w)
{
    struct keeper *k = calloc(1, sizeof *k);

    if (!k)
        return -ENOMEM;
    k->w = w;
    k->dir_fd = -1;
    k->last = &k->first;
    pthread_mutex_init(&k->lock, NULL);
    pthread_cond_init(&k->more, NULL);
    h2o_multithread_register_receiver(w->h2o.queue, &k->back, on_back);
    w->keeper = k;
    return 0;
}

/* The thread and the folder are made when they are needed: most installations see few attachments.
 */
static int wake(struct keeper *k)
{
    int base = k->w->world->dir_fd, rc;

    if (k->started)
        return 0;
    if (k->dir_fd == -1) {
        if (mkdirat(base, "attachments", 0700) != 0 && errno != EEXIST)
            return -errno;
        k->dir_fd = openat(base, "attachments", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (k->dir_fd == -1)
            return -errno;
    }
    if ((rc = pthread_create(&k->thread, NULL, run, k)) != 0)
        return -rc;
    k->started = true;
    return 0;
}

void keeper_stop(struct worker *w)
{
    struct keeper *k = w->keeper;

    if (!k)
        return;
    if (k->started) {
        pthread_mutex_lock(&k->lock);
        k->stop = true;
        pthread_cond_signal(&k->more);
        pthread_mutex_unlock(&k->lock);
        pthread_join(k->thread, NULL);
    }
    if (k->jobs)
        return; /* the drain was cut short: messages may still be on their way, and the end is near
                 */
    h2o_multithread_unregister_receiver(w->h2o.queue, &k->back);
    pthread_cond_destroy(&k->more);
    pthread_mutex_destroy(&k->lock);
    if (k->dir_fd != -1)
        close(k->dir_fd);
    free(k);
    w->keeper = NULL;
}

void keeper_name(struct keeper_file *f)
{
    static const char digit[] = "0123456789abcdef";
    unsigned char bytes[KEEPER_NAME_LEN / 2];

    while (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        ;
    for (size_t i = 0; i < sizeof bytes; i++) {
        f->name[2 * i] = digit[bytes[i] >> 4];
        f->name[2 * i + 1] = digit[bytes[i] & 15];
    }
    f->name[KEEPER_NAME_LEN] = '\0';
}

bool keeper_send(struct worker *w, struct keeper_job *job)
{
    struct keeper *k = w->keeper;
    int rc;

    if (k->jobs >= KEEPER_JOBS_MAX || (k->jobs && k->bytes + job->bytes > KEEPER_BYTES_MAX))
        return false;
    if ((rc = wake(k)) != 0) {
        log_error("keeper.start", "reason=\"%s\"", strerror(-rc));
        return false;
    }
    k->jobs++;
    k->bytes += job->bytes;
    job->message = (h2o_multithread_message_t){{NULL, NULL}};
    job->next = NULL;
    pthread_mutex_lock(&k->lock);
    *k->last = job;
    k->last = &job->next;
    pthread_cond_signal(&k->more);
    pthread_mutex_unlock(&k->lock);
    return true;
}

void keeper_remove(struct worker *w, const struct keeper_file *files)
{
    remove_files(w->keeper->dir_fd, files);
}

bool keeper_idle(const struct worker *w)
{
    return w->keeper->jobs == 0;
}
