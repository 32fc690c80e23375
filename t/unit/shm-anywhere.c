/* Killed at every instruction: a child is stepped through one operation, instruction by
 * instruction, and killed wherever that leaves the shared bytes in a new state. Whatever it left
 * behind, the next process goes on with it, and the operation has happened wholly or not at all. */
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>

#include "shm/crc32c.h"
#include "shm/index.h"
#include "shm/limits.h"
#include "shm/recent.h"
#include "shm/registry.h"
#include "shm/ring.h"
#include "t/lib/scratch.h"
#include "t/lib/tap.h"

static int dir;

struct watch { /* where the operation stores: bytes of a file; no name: end of the list */
    const char *name;
    off_t at;
    size_t len;
};

static uint32_t digest(const struct watch *watched)
{
    static uint8_t bytes[1 << 16];
    uint32_t crc = 0;

    for (; watched->name; watched++) {
        file_read(dir, watched->name, watched->at, bytes, watched->len);
        crc = crc32c(crc, bytes, watched->len);
    }
    return crc;
}

/* Step a child through op() until the watched bytes have changed so many times, then kill it.
 * 1: killed; 0: it was finished before; -1: nobody may be stepped through here. */
static int kill_after(void (*op)(void *), void *arg, const struct watch *watched, int changes,
                      long *steps)
{
    uint32_t seen = digest(watched), now;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
            _exit(77);
        raise(SIGSTOP);
        op(arg);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    if (!WIFSTOPPED(status))
        return -1;
    for (*steps = 0; changes; ++*steps) {
        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == -1 || waitpid(pid, &status, 0) != pid)
            return -1;
        if (WIFEXITED(status))
            return 0;
        now = digest(watched);
        changes -= now != seen;
        seen = now;
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return 1;
}

/* One promise, at every state the bytes pass through. `make` sets the scene, `look` says whether
 * what was left is whole. */
static void everywhere(const char *what, const struct watch *watched, void *(*make)(void),
                       void (*op)(void *), bool (*look)(void *, bool finished),
                       void (*drop)(void *))
{
    int broken = 0, killed = 1, states;
    long steps;

    for (states = 0; killed == 1 && states < 10000; states++) {
        void *arg = make();

        killed = kill_after(op, arg, watched, states, &steps);
        if (killed == -1) {
            ok(true, "%s # SKIP may not trace here", what);
            drop(arg);
            return;
        }
        if (!look(arg, !killed) && !broken++)
            note("first broken after %d changes, %ld instructions", states, steps);
        drop(arg);
    }
    is_int(broken, 0, "%s, killed in each of %d states of %ld instructions", what, states, steps);
    ok(states > 4, "it passes through several");
}

/* ---- ring ---- */

static uint64_t ring_applied;

static struct ring *ring_at(const char *name, uint64_t fill)
{
    struct ring *r;
    struct iovec part = {NULL, 0};
    static char bytes[4096];
    uint64_t end;

    unlinkat(dir, name, 0);
    if (ring_open(dir, name, 4096, &r) != 0)
        exit(1);
    ring_applied = 0;
    part.iov_base = bytes;
    part.iov_len = fill;
    ring_put(r, 1, &part, 1, &end);
    ring_close(r);
    if (ring_open(dir, name, 4096, &r) != 0) /* nobody has put with this one yet */
        exit(1);
    return r;
}

static void *ring_early(void)
{
    return ring_at("ring", 40);
}

/* 4096 - 24 - 1976 = 2096: the next but one of 2000 bytes wraps, behind a pad. */
static void *ring_before_wrap(void)
{
    struct ring *r = ring_at("ring", 1976), *end;
    static char bytes[1300];
    struct iovec part = {bytes, sizeof(bytes)};
    struct ring_record rec;
    uint64_t cursor = 0, at;

    if (ring_open(dir, "ring", 4096, &end) != 0)
        exit(1);
    ring_put(end, 1, &part, 1, &at);
    ring_next(end, &cursor, &rec);
    ring_release(end, cursor);
    ring_applied = cursor;
    ring_close(end);
    return r;
}

static void ring_put_one(void *arg)
{
    static const char text[] = "a record that is longer than the room to the end of the area, here "
                               "------------------------------------------------------------------"
                               "------------------------------------------------------------------";
    char copy[sizeof(text) * 4];
    struct iovec parts[] = {{copy, sizeof(copy)}, {(void *)text, sizeof(text)}};
    uint64_t end;

    for (int i = 0; i < 4; i++)
        memcpy(copy + i * sizeof(text), text, sizeof(text));
    ring_put(arg, 2, parts, 2, &end);
}

/* Now, and again after a successor has put a record: 1, perhaps 2, then 3, in sequence. */
static bool ring_look(void *arg, bool finished)
{
    struct ring *next, *consumer;
    struct ring_record rec;
    struct iovec part = {"successor", 9};
    uint64_t cursor = ring_applied, end, sequence = 0;
    int seen[4] = {0};
    bool good = true;

    if (ring_open(dir, "ring", 4096, &consumer) != 0 || ring_open(dir, "ring", 4096, &next) != 0)
        return false;
    for (int turn = 0; turn < 2; turn++) {
        enum ring_rc rc;

        while ((rc = ring_next(consumer, &cursor, &rec)) != RING_EMPTY) {
            good &= rc == RING_OK && rec.kind <= 3 && (!sequence || rec.sequence == sequence + 1);
            sequence = rec.sequence;
            seen[rec.kind & 3]++;
        }
        if (turn == 0)
            good &= ring_put(next, 3, &part, 1, &end) == RING_OK;
    }
    good &= seen[1] == 1 && seen[3] == 1 && seen[2] <= 1 && (seen[2] == 1 || !finished);
    ring_close(next);
    ring_close(consumer);
    return good;
}

static void ring_drop(void *arg)
{
    ring_close(arg);
}

/* ---- index ---- */

static struct index_key key_of(uint64_t n)
{
    uint64_t hash[2] = {n, n};

    return index_key(1, (const uint8_t *)hash);
}

static uint64_t index_turn = 1; /* a new key each time: keys are never taken back */

static void *index_make(void)
{
    struct index *x;
    bool fresh;

    if (index_open(dir, INDEX_SLOTS_MIN, &x, &fresh) != 0)
        exit(1);
    index_set(x, key_of(1), 11);
    index_turn++;
    return x;
}

static void index_claim_one(void *arg)
{
    uint32_t issue = 22;

    index_claim(arg, key_of(index_turn), 5, 77, &issue);
}

static bool index_look(void *arg, bool finished)
{
    struct index_key key = key_of(index_turn);
    uint32_t issue = 0, mine = 33;
    bool found = index_find(arg, key, &issue), good = !finished || found;
    enum index_rc rc = index_claim(arg, key, 6, 78, &mine);

    good &=
        found ? rc == INDEX_KNOWN && issue == 22 && mine == 22 : rc == INDEX_CLAIMED && mine == 33;
    good &= index_sweep(arg, 5, 77) == (found ? 1 : 0);
    good &= index_find(arg, key, &issue) == !found;
    good &= index_set(arg, key, 44) == 0 && index_find_live(arg, key, &issue) && issue == 44;
    good &= index_find_live(arg, key_of(1), &issue) && issue == 11;
    return good && index_load(arg).used == index_turn;
}

static void index_drop(void *arg)
{
    index_close(arg);
}

/* ---- recent ---- */

static void *recent_make(void)
{
    static struct recent *r; /* 9 MiB: made once */
    bool fresh;
    uint8_t id[16] = "bucket mate";

    if (!r && recent_open(dir, &r, &fresh) != 0)
        exit(1);
    recent_clear(r);
    recent_add(r, 1, id, 5);
    return r;
}

static const uint8_t an_id[16] = "0123456789abcde";

static void recent_add_one(void *arg)
{
    recent_add(arg, 1, an_id, 6);
}

static bool recent_look(void *arg, bool finished)
{
    uint64_t seq = 0;
    uint8_t id[16] = "bucket mate";
    bool found = recent_find(arg, 1, an_id, &seq);
    bool good = found ? seq == 6 : !finished;

    good &= recent_find(arg, 1, id, &seq) && seq == 5;
    recent_add(arg, 1, an_id, 7); /* the next writer */
    return good && recent_find(arg, 1, an_id, &seq) && seq == 7;
}

/* The table is large, the operation stores in three places: found by what one more changes. */
static void recent_watch(struct watch *watched, int most)
{
    void *r = recent_make();
    size_t size = (size_t)file_size(dir, "recent") & 0xffffff;
    uint8_t *before = malloc(size), *after = malloc(size);

    file_read(dir, "recent", 0, before, size);
    recent_add(r, 1, an_id, 6);
    file_read(dir, "recent", 0, after, size);
    for (size_t at = 0; at < size && most; at += 4096)
        if (memcmp(before + at, after + at, size - at < 4096 ? size - at : 4096) != 0) {
            size_t len = size - at < 8192 ? size - at : 8192; /* the next entries are in it */
            *watched++ = (struct watch){"recent", (off_t)at, len};
            most--;
        }
    free(before);
    free(after);
}

static void drop_nothing(void *arg)
{
}

/* ---- registry ---- */

static int publish(struct registry *g, uint32_t id)
{
    struct registry_draft d;
    int rc;

    registry_draft_init(&d);
    registry_draft_project(&d)->id = id;
    rc = registry_publish(g, &d);
    registry_draft_free(&d);
    return rc;
}

static void *registry_make(void)
{
    static struct registry *g;
    bool fresh;

    if (!g && registry_open(dir, &g, &fresh) != 0)
        exit(1);
    publish(g, 1);
    return g;
}

static void registry_publish_one(void *arg)
{
    publish(arg, 2);
}

static bool registry_look(void *arg, bool finished)
{
    struct registry_view v = {0};
    bool good = registry_refresh(arg, &v) && v.project_count == 1;

    good = good && (v.projects[0].id == 2 || (v.projects[0].id == 1 && !finished));
    good &= publish(arg, 3) == 0 && registry_refresh(arg, &v) && v.projects[0].id == 3;
    registry_view_free(&v);
    return good;
}

static const struct watch ring_words[] = {{"ring", 0, 8192}, {NULL, 0, 0}};
static const struct watch index_words[] = {
    {"index", 0, 192}, {"index.1", 0, 128 + INDEX_SLOTS_MIN * 32}, {NULL, 0, 0}};
static const struct watch registry_words[] = {{"registry", 64, 64},
                                              {"registry", 4096, 512},
                                              {"registry", 4096 + REGISTRY_BYTES, 512},
                                              {NULL, 0, 0}};

int main(void)
{
    struct watch recent_words[5] = {{NULL, 0, 0}};

    dir = scratch();
    recent_watch(recent_words, 4);
    everywhere("putting a record", ring_words, ring_early, ring_put_one, ring_look, ring_drop);
    everywhere("putting one behind a pad", ring_words, ring_before_wrap, ring_put_one, ring_look,
               ring_drop);
    everywhere("claiming a key", index_words, index_make, index_claim_one, index_look, index_drop);
    everywhere("adding an id", recent_words, recent_make, recent_add_one, recent_look,
               drop_nothing);
    everywhere("publishing a registry", registry_words, registry_make, registry_publish_one,
               registry_look, drop_nothing);
    return done_testing();
}
