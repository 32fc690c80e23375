/* The issue table: large, sparse, allocated ahead of use. */
#include "shm/issue.h"

#include <sched.h>
#include <sys/mount.h>

#include "shm/limits.h"
#include "t/lib/scratch.h"
#include "t/lib/tap.h"

static int dir;

static long long kib(void)
{
    struct stat st;

    fstatat(dir, "issues", &st, 0);
    return (long long)st.st_blocks / 2;
}

static void life(void)
{
    struct issue_table *t, *reader;
    struct issue_entry *e;

    is_int(issue_open(dir, &t), 0, "made");
    is_int(issue_open(dir, &reader), 0, "opened by a reader");
    ok(kib() < 1024, "it takes %lld KiB", kib());
    ok(!issue_at(t, 0) && !issue_edit(t, 0), "there is no issue 0");
    ok((e = issue_edit(t, 1)) != NULL, "the writer edits one");
    atomic_store(&e->events, 12);
    atomic_store(&e->status, ISSUE_RESOLVED);
    ok(issue_at(reader, 1) && atomic_load(&issue_at(reader, 1)->events) == 12, "a reader reads it");
    ok(issue_at(reader, 100000) == NULL, "what has no room yet is not there");
    ok((e = issue_edit(t, 100000)) != NULL, "the writer makes room");
    atomic_store(&e->events, 34);
    ok(issue_at(reader, 100000) && atomic_load(&issue_at(reader, 100000)->events) == 34,
       "and it is");
    ok(kib() >= 100000 * 64 / 1024 && kib() < 8192, "in steps: %lld KiB", kib());
    issue_close(t);
    issue_close(reader);

    issue_open(dir, &t);
    ok(issue_at(t, 1) && atomic_load(&issue_at(t, 1)->status) == ISSUE_RESOLVED, "kept");
    issue_clear(t);
    ok(issue_at(t, 1) && atomic_load(&issue_at(t, 1)->status) == ISSUE_NONE, "and cleared");
    is_int(atomic_load(&issue_at(t, 100000)->events), 0, "everywhere");
    issue_close(t);
}

static void damage(void)
{
    struct issue_table *t;
    uint32_t wild = 0xfffffff0;

    issue_open(dir, &t);
    file_write(dir, "issues", 64, &wild, 4);
    ok(issue_at(t, ISSUES_MAX) == NULL && issue_at(t, wild - 1) == NULL,
       "a damaged bound does not lead out of the table");
    ok(issue_edit(t, 5) != NULL, "the writer goes on");
    ok(issue_at(t, 5) != NULL, "and puts it right");
    issue_close(t);
}

static void the_last_one(void)
{
    struct issue_table *t;

    unlinkat(dir, "issues", 0);
    issue_open(dir, &t);
    ok(issue_edit(t, ISSUES_MAX - 1) != NULL, "the last one");
    ok(!issue_edit(t, ISSUES_MAX) && !issue_edit(t, UINT32_MAX) && !issue_at(t, UINT32_MAX),
       "and no more");
    issue_close(t);
    unlinkat(dir, "issues", 0);
}

/* In a child with a mount of its own: a file system of one MiB. */
static int on_a_full_disk(void)
{
    struct issue_table *t;
    bool refused, others;
    int small;

    if ((unshare(CLONE_NEWNS) == -1 && unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1) ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
        mount("none", scratch_path, "tmpfs", 0, "size=1m") == -1)
        return 77;
    small = open(scratch_path, O_RDONLY | O_DIRECTORY);
    if (issue_open(small, &t) != 0)
        return 1;
    issue_edit(t, 1);
    said_begin();
    refused = issue_edit(t, 1000000) == NULL;
    others = issue_edit(t, 2) && issue_at(t, 2);
    return said_count("issue.allocate") == 1 && refused && others ? 0 : 2;
}

static void disk_full(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(on_a_full_disk());
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        ok(true, "disk full # SKIP may not mount here");
    else
        is_int(status, 0, "disk full: no entry, a log line, those that have room go on");
}

int main(void)
{
    dir = scratch();
    life();
    damage();
    the_last_one();
    disk_full();
    return done_testing();
}
