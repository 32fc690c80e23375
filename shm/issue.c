#include "shm/issue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shm/limits.h"
#include "shm/log.h"
#include "shm/region.h"

#define ISSUE_MAGIC 0x55535349 /* "ISSU" */
#define ISSUE_VERSION 1
#define STEP (64 * KIB) /* of disk, allocated at a time: 1024 issues */
#define PER_STEP (STEP / sizeof(struct issue_entry))

struct file {
    struct region_stamp stamp;
    _Alignas(64) _Atomic uint32_t allocated; /* writer: entries that have room on disk */
    _Alignas(4096) struct issue_entry entry[ISSUES_MAX];
};
_Static_assert(offsetof(struct file, entry) == 4096, "issue file v1");

struct issue_table {
    struct region region;
    struct file *file;
    int dir_fd;         /* the caller's */
    uint32_t allocated; /* writer's own copy of the shared word */
    bool editing;       /* … once it is taken */
};

#define FILE_NAME "issues"

int issue_open(int dir_fd, struct issue_table **out)
{
    struct issue_table *t = calloc(1, sizeof(*t));
    size_t first = offsetof(struct file, entry) + STEP;
    bool fresh;
    int rc;

    if (!t)
        return -ENOMEM;
    rc = region_ensure_sparse(dir_fd, FILE_NAME, ISSUE_MAGIC, ISSUE_VERSION,
                              REGION_LAYOUT(sizeof(struct file), sizeof(struct issue_entry),
                                            offsetof(struct file, entry)),
                              sizeof(struct file), first, &t->region, &fresh);
    if (rc != 0) {
        free(t);
        return rc;
    }
    t->file = t->region.at;
    t->dir_fd = dir_fd;
    if (fresh)
        atomic_store_explicit(&t->file->allocated, PER_STEP, memory_order_release);
    *out = t;
    return 0;
}

void issue_close(struct issue_table *t)
{
    if (!t)
        return;
    region_close(&t->region);
    free(t);
}

const struct issue_entry *issue_at(const struct issue_table *t, uint32_t issue)
{
    /* Acquire, pairs with the release in allocate(). A damaged word cannot lead out of the map;
     * holes of the file read as zeros. */
    uint32_t allocated = atomic_load_explicit(&t->file->allocated, memory_order_acquire);

    return issue && issue < allocated && issue < ISSUES_MAX ? &t->file->entry[issue] : NULL;
}

/* Room for entries up to `count` (a multiple of PER_STEP); all of it is asked for, so that a word
 * that was damaged to be too large is made true. */
static bool allocate(struct issue_table *t, uint32_t from, uint32_t count)
{
    size_t at = offsetof(struct file, entry) + (size_t)from * sizeof(struct issue_entry);
    int rc = region_allocate(t->dir_fd, FILE_NAME, at,
                             (size_t)(count - from) * sizeof(struct issue_entry));

    if (rc != 0) {
        log_error("issue.allocate", "entries=%u error=\"%s\"", count, strerror(-rc));
        return false;
    }
    t->allocated = count;
    atomic_store_explicit(&t->file->allocated, count, memory_order_release);
    return true;
}

static bool editing(struct issue_table *t)
{
    uint32_t shared;

    if (t->editing)
        return true;
    shared = atomic_load_explicit(&t->file->allocated, memory_order_relaxed);
    if (shared < PER_STEP || shared % PER_STEP || shared > ISSUES_MAX)
        shared = PER_STEP;
    t->editing = allocate(t, 0, shared);
    return t->editing;
}

struct issue_entry *issue_edit(struct issue_table *t, uint32_t issue)
{
    uint32_t count = (uint32_t)((issue / PER_STEP + 1) * PER_STEP);

    if (!issue || issue >= ISSUES_MAX || !editing(t))
        return NULL;
    if (issue >= t->allocated && !allocate(t, t->allocated, count))
        return NULL;
    return &t->file->entry[issue];
}

void issue_clear(struct issue_table *t)
{
    if (editing(t))
        memset(t->file->entry, 0, (size_t)t->allocated * sizeof(struct issue_entry));
}
