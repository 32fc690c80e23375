/* Segments: going over to the next, sealing, repacking, leaving; damaged ones; a full disk. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "proto/block.h"
#include "t/lib/writer_kit.h"
#include "writer/checkpoint.h"
#include "writer/context.h"
#include "writer/files.h"
#include "writer/open.h"
#include "writer/retain.h"
#include "writer/seal.h"

static void put_some(struct kit *k, uint64_t from, uint64_t count, size_t size)
{
    static char payload[64 * 1024];

    for (uint64_t i = from; i < from + count; i++) {
        struct record_event r = kit_event(i, (uint8_t)(1 + i % 9));
        size_t n = 0;

        while (n + 120 < size)
            n += (size_t)snprintf(
                payload + n, sizeof(payload) - n,
                "{\"function\":\"f%llu\",\"lineno\":%zu,\"vars\":{\"at\":\"0x%012llx\"}},",
                (unsigned long long)(i % 9), n,
                (unsigned long long)(i * 0x9e3779b97f4a7c15ULL >> 16));
        if (n)
            r.payload = (struct text){payload, n};
        kit_put_event(k, (uint32_t)(i % 2), &r);
    }
}

/* The record of an event, by way of its row and block; checks that it is the one. */
static bool readable(struct kit *k, const char *file, uint64_t seq)
{
    struct db_options o = {.mode = DB_READ};
    struct record_event r;
    struct db_stmt *q;
    struct arena a;
    struct text body;
    struct db *d;
    char path[256], sql[256];
    const void *data, *id;
    size_t len, id_len;
    bool good = false;

    arena_init(&a, 16 * MIB);
    snprintf(path, sizeof(path), "%s/segments/%s", k->dir, file);
    snprintf(sql, sizeof(sql),
             "SELECT b.data, e.slot, e.id FROM event e JOIN block b ON b.id = e.block_id WHERE "
             "e.seq = %llu",
             (unsigned long long)seq);
    if (db_open(path, &o, &d) == DB_OK && (q = db_adhoc(d, sql)) && db_step(q) == 1) {
        data = db_col_blob(q, 0, &len);
        id = db_col_blob(q, 2, &id_len);
        good = block_read_one((struct text){data, len}, (uint32_t)db_col_int(q, 1), &a, &body) &&
               record_event_peek(body, &r) && memcmp(r.id, id, 16) == 0;
    }
    db_close(d);
    arena_free(&a);
    return good;
}

static bool wait_sealer(struct sealer *s, struct sealed *out)
{
    for (int i = 0; i < 200; i++) {
        if (sealer_next(s, out))
            return true;
        kit_sleep_us(50000);
    }
    return false;
}

/* Packing that waits for quiet holds up no sealing. */
static void test_busy(struct kit *k)
{
    char packed[64], full[64];
    struct writer w = {.world = &k->world};
    struct sealer *s = sealer_start(&w);
    struct sealed done = {0};

    snprintf(packed, sizeof(packed), "%s",
             kit_string(k, "SELECT file FROM segment ORDER BY id LIMIT 1"));
    snprintf(full, sizeof(full), "%s",
             kit_string(k, "SELECT file FROM segment WHERE state = 'active'"));
    sealer_load(s, true);
    ok(sealer_pack(s, 1, packed), "packing is asked for while it is busy");
    kit_sleep_us(100000);
    sealer_seal(s, 2, full);
    ok(wait_sealer(s, &done) && done.id == 2 && !done.packed && !done.failed,
       "another segment gets sealed");
    ok(sealer_has(s, 1) && !sealer_next(s, &done), "packing still waits");
    sealer_load(s, false);
    ok(wait_sealer(s, &done) && done.id == 1 && done.packed && !done.failed,
       "and is done when it is quiet");
    sealer_stop(s);
}

static bool in_the_way(struct kit *k, int nth, bool put)
{
    char sql[96], path[200];
    const char *file;

    snprintf(sql, sizeof(sql), "SELECT file FROM segment ORDER BY id LIMIT 1 OFFSET %d", nth);
    file = kit_string(k, sql);
    snprintf(path, sizeof(path), "%s/segments/%.*s.packed.db.tmp", k->dir, (int)strlen(file) - 3,
             file);
    return put ? mkdir(path, 0700) == 0 : rmdir(path) == 0;
}

/* Copies need room, and some cannot be made: neither is tried for ever. */
static void test_not_packed(struct kit *k)
{
    k->conf.seal_idle_s = 0;
    k->conf.min_free_bytes = UINT64_C(1) << 60;
    ok(kit_start(k), "with less room than is to be left free");
    kit_sleep_us(2500000); /* nothing is to come of it: there is no more to wait for */
    is_int(kit_number(k, "SELECT count(*) FROM segment WHERE state = 'sealed'"), 3,
           "nothing is repacked");
    is_int(kit_stop(k), 0, "stop");
    k->conf.min_free_bytes = 0;
    ok(in_the_way(k, 0, true) && in_the_way(k, 1, true) && kit_start(k),
       "two segments that cannot be copied");
    is_int(kit_wait(k, "SELECT count(*) FROM segment WHERE state = 'packed'", 1, 20), 1,
           "do not hold up the third");
    is_int(kit_stop(k), 0, "stop");
    ok(in_the_way(k, 0, false) && in_the_way(k, 1, false), "later they can");
}

static void test_roll(struct kit *k)
{
    char first[64], sql[256];
    int64_t plain, packed;

    k->conf.segment_rows = 1600;
    k->conf.seal_idle_s = 3600;
    ok(kit_start(k), "segments of 1,600 events");
    put_some(k, 1, 5000, 3000);
    ok(kit_counted(k), "5,000 events");
    is_int(kit_number(k, "SELECT count(*) FROM segment"), 4, "make four of them");
    is_int(kit_number(k, "SELECT count(*) FROM segment WHERE state = 'active'"), 1,
           "one is active");
    is_int(kit_number(k, "SELECT max(rows) <= 1600 FROM segment"), 1, "none has more");
    is_int(kit_number(k, "SELECT count(*) FROM segment a JOIN segment b ON b.id = a.id + 1 WHERE "
                         "b.first_seq = a.last_seq + 1"),
           3, "their sequences follow one another");
    is_int(kit_wait(k, "SELECT count(*) FROM segment WHERE state = 'sealed'", 3, 10), 3,
           "three get sealed");
    snprintf(first, sizeof(first), "%s",
             kit_string(k, "SELECT file FROM segment ORDER BY id LIMIT 1"));
    snprintf(sql, sizeof(sql), "segments/%s", first);
    is_int(
        kit_number_in(
            k, sql,
            "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name LIKE 'event_by_%'"),
        4, "with four indexes");
    ok(readable(k, first, 700), "an event can be read from it");
    plain = kit_number(k, "SELECT bytes FROM segment ORDER BY id LIMIT 1");
    is_int(kit_stop(k), 0, "stop");
    test_busy(k);
    test_not_packed(k);

    ok(kit_start(k), "once it is quiet");
    is_int(kit_wait(k, "SELECT count(*) FROM segment WHERE state = 'packed'", 3, 20), 3,
           "they are repacked");
    packed = kit_number(k, "SELECT bytes FROM segment ORDER BY id LIMIT 1");
    ok(packed < plain, "to less (%lld KB, were %lld)", (long long)packed / 1000,
       (long long)plain / 1000);
    snprintf(first, sizeof(first), "%s",
             kit_string(k, "SELECT file FROM segment ORDER BY id LIMIT 1"));
    ok(readable(k, first, 700) && readable(k, first, 1) && readable(k, first, 1400),
       "every event can still be read");
    snprintf(sql, sizeof(sql), "segments/%s", first);
    is_int(
        kit_number_in(
            k, sql,
            "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name LIKE 'event_by_%'"),
        4, "by its indexes");
    is_int(kit_number_in(k, sql, "PRAGMA freelist_count"), 0, "nothing unused is in it");
    is_int(kit_number_in(k, sql,
                         "SELECT count(*) <= 1 FROM block WHERE kind = 1 AND raw_bytes < 100000"),
           1, "its blocks are full but for the last");
    is_int(kit_sum(k, "SELECT count(*) FROM event"), 5000, "none is lost");
    is_int(kit_stop(k), 0, "stop");
    is_int(kit_sum(k, "SELECT count(DISTINCT id) FROM event"), 5000, "none doubled");
}

static int count_files(struct kit *k)
{
    char command[160], line[32];
    FILE *p;
    int n = -1;

    snprintf(command, sizeof(command), "ls %s/segments | grep -c 'db$'", k->dir);
    if ((p = popen(command, "r"))) {
        if (fgets(line, sizeof(line), p))
            n = atoi(line);
        pclose(p);
    }
    return n;
}

static void change(struct kit *k, const char *file, const char *sql)
{
    struct db_options o = {.mode = DB_WRITE};
    char path[256];
    struct db *d;

    snprintf(path, sizeof(path), "%s/%s", k->dir, file);
    if (db_open(path, &o, &d) != DB_OK || db_exec(d, sql) != DB_OK)
        ok(false, "%s", db_error(d));
    db_close(d);
}

/* A segment that was ended while the clock was ahead stays until then, alone. */
static void test_from_the_future(struct kit *k)
{
    int64_t segments = kit_number(k, "SELECT count(*) FROM segment");

    change(k, "quern.db",
           "UPDATE segment SET last_ms = last_ms + iif(id = (SELECT min(id) FROM segment), 10, -2) "
           "* 86400000");
    k->conf.retention_days = 1;
    ok(segments > 2 && kit_start(k), "the oldest of %lld segments is from the future",
       (long long)segments);
    is_int(kit_wait(k, "SELECT count(*) FROM segment WHERE state <> 'active'", 1, 15), 1,
           "it does not keep the others");
    is_int(kit_stop(k), 0, "stop");
}

static void test_retention(struct kit *k)
{
    int64_t events = kit_number(k, "SELECT sum(events) FROM issue"), oldest;
    char path[160], file[96];
    int fd;
    struct record_attachment a = {.project = 1,
                                  .received_ms = world_now_ms(),
                                  .name = TEXT("core"),
                                  .content_type = TEXT("x/y"),
                                  .type = TEXT("event.attachment"),
                                  .size = 3,
                                  .file = TEXT("f00d")};
    struct buf b;

    snprintf(path, sizeof(path), "%s/attachments/f00d", k->dir);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    close(fd);
    k->conf.retention_bytes =
        (uint64_t)kit_number(k, "SELECT sum(bytes) FROM segment WHERE state = 'packed'") * 2 / 3;
    ok(kit_start(k), "a budget of two thirds");
    arena_reset(&k->arena);
    buf_init(&b, &k->arena, 256, RECORD_MAX);
    record_attachment_write(&b, &a);
    kit_put(k, 0, RECORD_ATTACHMENT, buf_result(&b));
    put_some(k, 10000, 100, 500);
    kit_counted(k);
    is_int(kit_wait(k, "SELECT min(first_seq) > 1 FROM segment", 1, 15), 1, "the oldest leave");
    oldest = kit_number(k, "SELECT min(first_seq) FROM segment");
    for (int i = 0;
         i < 200 && atomic_load(&k->world.board->segment_bytes) > k->conf.retention_bytes; i++)
        kit_sleep_us(100000);
    ok(atomic_load(&k->world.board->segment_bytes) <= k->conf.retention_bytes,
       "until the rest fits (%lld KB)",
       (long long)atomic_load(&k->world.board->segment_bytes) / 1000);
    is_int(kit_sum(k, "SELECT min(seq) FROM event WHERE seq > 0") >= oldest, 1, "whole");
    is_int(kit_number(k, "SELECT sum(events) FROM issue"), events + 100, "what they counted stays");
    for (int i = 0; i < 200 && count_files(k) != kit_number(k, "SELECT count(*) FROM segment"); i++)
        kit_sleep_us(50000); /* a file leaves after its row, a packed one comes before it */
    is_int(count_files(k), kit_number(k, "SELECT count(*) FROM segment"), "their files are gone");
    is_int(kit_stop(k), 0, "stop");

    k->conf.retention_bytes = 0;
    ok(kit_start(k), "without a budget");
    put_some(k, 11000, 10, 500); /* the budget may have begun a new one, and an empty one is kept */
    ok(kit_counted(k), "something is in the active one");
    is_int(kit_stop(k), 0, "stop");
    snprintf(file, sizeof(file), "segments/%s",
             kit_string(k, "SELECT file FROM segment WHERE state = 'active'"));
    change(k, file, "UPDATE meta SET value = value - 2 WHERE key = 'day'");
    change(k, "quern.db", "UPDATE segment SET day = day - 2 WHERE state = 'active'");
    ok(kit_start(k), "two days later");
    is_int(kit_wait(
               k,
               "SELECT count(*) FROM segment WHERE state = 'active' AND day = unixepoch() / 86400",
               1, 10),
           1, "the next day's segment is begun");
    is_int(kit_stop(k), 0, "stop");
    test_from_the_future(k);
    change(k, "quern.db", "UPDATE segment SET last_ms = last_ms - 12 * 86400000");
    ok(kit_start(k), "with a limit of a day");
    is_int(kit_wait(k, "SELECT count(*) FROM segment WHERE state <> 'active'", 0, 15), 0,
           "what is too old leaves");
    for (int i = 0; i < 100 * slow() && access(path, F_OK) == 0; i++)
        kit_sleep_us(20000);
    is_int(access(path, F_OK), -1, "and the attachments' files with it");
    put_some(k, 20000, 10, 500);
    ok(kit_counted(k), "events are taken");
    is_int(kit_stop(k), 0, "stop");
    is_int(count_files(k), 1, "no file is left that the next start would take in");
    k->conf.retention_days = 0;
}

/* The kernel kills this process when it is about to take a file away. */
static void die_at_unlink(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef SYS_unlink
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unlink, 1, 0),
#endif
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unlinkat, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(98);
}

static int killed_by_retention(struct kit *k)
{
    struct writer *w;
    int status = -1;
    pid_t pid;

    fflush(stdout);
    if ((pid = fork()) == 0) {
        self_set(ROLE_WRITER, 0, 1);
        if (writer_open(&k->conf, &w) != 0)
            _exit(97);
        die_at_unlink();
        _exit(retain_some(w));
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

static void test_retention_killed(void)
{
    static struct kit own;
    struct kit *k = &own;
    int64_t events, files;
    char first[160];

    kit_open(k, "/tmp");
    k->conf.segment_rows = 1600;
    k->conf.seal_idle_s = 3600;
    ok(kit_start(k), "three segments");
    put_some(k, 30000, 4000, 500);
    ok(kit_counted(k), "of 4,000 events");
    is_int(kit_wait(k, "SELECT count(*) FROM segment WHERE state = 'sealing'", 0, 10), 0, "sealed");
    is_int(kit_stop(k), 0, "stop");
    events = kit_number(k, "SELECT sum(events) FROM issue");
    files = count_files(k);
    snprintf(first, sizeof(first), "%.60s/segments/%.64s", k->dir,
             kit_string(k, "SELECT file FROM segment ORDER BY id LIMIT 1"));
    k->conf.retention_bytes = 1;
    is_int(killed_by_retention(k), SIGSYS, "the writer is killed when it takes a file away");
    k->conf.retention_bytes = 0;
    is_int(kit_number(k, "SELECT count(*) FROM segment"), files - 1, "its row has gone");
    is_int(access(first, F_OK), 0, "it has not");
    ok(kit_start(k), "the next start");
    is_int(access(first, F_OK), -1, "takes it away");
    is_int(kit_number(k, "SELECT count(*) FROM segment"), files - 1, "and not in again");
    is_int(kit_stop(k), 0, "stop");
    is_int(count_files(k), files - 1, "all others stay");
    is_int(kit_number(k, "SELECT sum(events) FROM issue"), events, "what they counted stays");
    kit_close(k);
}

/* ---- damage ---- */

static void scribble(const char *path, long at, size_t len)
{
    FILE *f = fopen(path, "r+");

    if (!f)
        return;
    fseek(f, at, SEEK_SET);
    for (size_t i = 0; i < len; i++)
        fputc("garbage"[i % 7], f);
    fclose(f);
}

static void test_damaged_segment(struct kit *k)
{
    char path[200], file[64];
    int64_t before = kit_sum(k, "SELECT count(*) FROM event");
    int64_t last = kit_number(k, "SELECT max(last_seq) FROM issue");

    snprintf(file, sizeof(file), "%s",
             kit_string(k, "SELECT file FROM segment WHERE state = 'active'"));
    snprintf(path, sizeof(path), "%s/segments/%s-wal", k->dir, file);
    unlink(path);
    path[strlen(path) - 4] = 0;
    scribble(path, 0, 8192);
    ok(before > 0 && kit_start(k), "the active segment is garbage: the writer starts");
    put_some(k, 30000, 50, 500);
    ok(kit_counted(k), "and takes events");
    is_int(kit_sum(k, "SELECT count(*) FROM event"), 50, "into a new one");
    ok(kit_number(k, "SELECT first_seq FROM segment WHERE state = 'active'") > last,
       "with numbers that none of the lost ones had, which issues still speak of");
    strcat(path, ".damaged");
    is_int(access(path, F_OK), 0, "the damaged one is set aside");
    is_int(kit_stop(k), 0, "stop");
}

static void test_lost_catalogue(struct kit *k)
{
    char path[200];
    int64_t
        events = kit_sum(k, "SELECT count(*) FROM event"),
        issues = kit_number(
            k, "SELECT count(*) FROM issue WHERE last_seq >= (SELECT min(first_seq) FROM segment)");

    snprintf(path, sizeof(path), "%s/quern.db-wal", k->dir);
    unlink(path);
    path[strlen(path) - 4] = 0;
    scribble(path, 0, 65536);
    ok(kit_start(k), "the catalogue is garbage: the writer starts");
    kit_counted(k);
    is_int(kit_number(k, "SELECT sum(events) FROM issue"), events,
           "the events of the segments are counted again");
    is_int(kit_number(k, "SELECT count(*) FROM issue"), issues, "in their issues");
    is_int(kit_number(k, "SELECT count(*) FROM key"), 1, "with a new key");
    put_some(k, 31000, 10, 500);
    kit_counted(k);
    is_int(kit_number(k, "SELECT count(*) FROM issue"), issues, "new events find them");
    is_int(kit_stop(k), 0, "stop");
    strcat(path, ".damaged");
    is_int(access(path, F_OK), 0, "the damaged one is set aside");
}

static void test_damaged_block(struct kit *k)
{
    struct db_options o = {.mode = DB_WRITE};
    char path[200];
    struct db *d;

    snprintf(path, sizeof(path), "%s/segments/%s", k->dir,
             kit_string(k, "SELECT file FROM segment WHERE state = 'active'"));
    db_open(path, &o, &d);
    db_exec(d, "UPDATE block SET data = randomblob(100) WHERE id = (SELECT max(id) FROM block "
               "WHERE kind = 1)");
    db_close(d);
    snprintf(path, sizeof(path), "%s/quern.db", k->dir);
    db_open(path, &o, &d);
    db_exec(d, "DELETE FROM tallied; DELETE FROM hash; DELETE FROM issue; DELETE FROM issue_hour");
    db_close(d);
    ok(kit_start(k), "a block is garbage, and has to be counted: the writer starts");
    ok(kit_number(k, "SELECT sum(events) FROM issue") > 0, "the others are counted");
    put_some(k, 32000, 10, 500);
    ok(kit_counted(k), "and events are taken");
    is_int(kit_stop(k), 0, "stop");
}

/* ---- a full disk ---- */

/* Whatever fits is stored, the rest waits, nothing is lost, and it goes on when there is room. */
static void test_full(const char *where, struct kit *k,
                      void (*make_room)(struct kit *k, const char *where))
{
    static char noise[16 * 1024];
    uint64_t put = 0, state = 1, seen;
    int64_t stored;
    int stuck = 0;

    for (; put < 4000 && stuck < 1000; put++) {
        struct record_event r = kit_event(50000 + put, (uint8_t)(1 + put % 5));
        struct iovec part;
        struct buf b;
        uint64_t end;

        for (size_t i = 0; i < sizeof(noise); i += 8) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            memcpy(noise + i, &state, 8);
        }
        r.payload = (struct text){noise, sizeof(noise)};
        arena_reset(&k->arena);
        buf_init(&b, &k->arena, 32768, RECORD_MAX);
        record_event_write(&b, &r);
        part = (struct iovec){b.at, b.len};
        world_slot(&k->world, 0);
        for (stuck = 0;
             ring_put(k->world.ring[0], RECORD_EVENT, &part, 1, &end) == RING_FULL && stuck < 1000;
             stuck++) {
            world_ring_writer(&k->world);
            kit_sleep_us(1000);
        }
        if (stuck < 1000)
            k->put[0] = end;
        else
            put--; /* the client was told to come back */
        world_ring_writer(&k->world);
    }
    seen = atomic_load(&k->world.board->committed_seq);
    ok(stuck >= 1000, "the disk is full after %llu events, and the ring", (unsigned long long)put);
    is_int(atomic_load(&k->world.board->disk_full), 1, "the guard is up");
    is_int(waitpid(k->pid, NULL, WNOHANG), 0, "the writer is there");
    make_room(k, where);
    for (int i = 0; i < 300 * slow() && ring_released(k->world.ring[0]) < k->put[0]; i++)
        kit_sleep_us(50000);
    ok(ring_released(k->world.ring[0]) >= k->put[0], "with room it goes on");
    ok(kit_counted(k), "and counts");
    stored = kit_sum(k, "SELECT count(*) FROM event");
    is_int(stored, put, "every event that was put is stored (%llu were before)",
           (unsigned long long)seen);
    is_int(kit_number(k, "SELECT sum(events) FROM issue"), stored, "and counted");
    for (int i = 0; i < 50 * slow() && atomic_load(&k->world.board->disk_full); i++)
        kit_sleep_us(100000);
    is_int(atomic_load(&k->world.board->disk_full), 0, "the guard is down");
    is_int(kit_stop(k), 0, "stop");
}

static void grow_mount(struct kit *k, const char *where)
{
    (void)k;
    ok(mount("quern", where, "tmpfs", MS_REMOUNT, "size=256m") == 0, "room comes");
}

static void raise_limit(struct kit *k, const char *where)
{
    struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};

    (void)where;
    ok(prlimit(k->pid, RLIMIT_FSIZE, &none, NULL) == 0, "the limit is lifted");
}

static void test_full_disk(void)
{
    char where[] = "/tmp/quern-small-XXXXXX";
    struct kit k;

    if (!mkdtemp(where))
        return;
    if (mount("quern", where, "tmpfs", 0, "size=48m") != 0) {
        note("no small disk: not root");
        rmdir(where);
        return;
    }
    kit_open(&k, where);
    ok(kit_start(&k), "a disk of 48 MB");
    log_set_level(LOG_LEVEL_ERROR);
    test_full(where, &k, grow_mount);
    kit_close(&k);
    umount2(where, MNT_DETACH);
    rmdir(where);
}

/* Not root: a limit on the size of files does as well. */
static void test_full_file(void)
{
    struct rlimit small = {24 << 20, RLIM_INFINITY};
    struct kit k;

    kit_open(&k, "/tmp");
    ok(kit_start(&k), "a limit of 24 MB on files");
    prlimit(k.pid, RLIMIT_FSIZE, &small, NULL);
    test_full("", &k, raise_limit);
    kit_close(&k);
}

/* A file that cannot be opened now (no descriptors, no memory) is opened later: a WAL that nobody puts into its file
 * would grow until the next start. */
static void test_checkpointer(void)
{
    struct db_options o = {.mode = DB_CREATE, .no_autocheckpoint = true};
    struct kit k;
    struct writer w = {0};
    struct checkpointer *c;
    char path[FILES_PATH_MAX];
    int64_t until;
    struct db *d;

    kit_open(&k, "/tmp");
    w.world = &k.world;
    files_catalogue(&k.world, path);
    c = checkpointer_start(&w);
    checkpointer_note(c, 0, 1 << 20); /* at once … */
    kit_sleep_us(300000);             /* … but it finds no file: there is nothing to wait for */
    if (db_open(path, &o, &d) != DB_OK || db_exec(d, "CREATE TABLE t (x)") != DB_OK)
        bail_out("%s: %s", path, db_error(d));
    until = kit_deadline();
    while (!counter_sum(k.world.counters, COUNTER_checkpoints) && world_ticks_us() < until) {
        db_exec(d, "INSERT INTO t VALUES (1)");
        checkpointer_note(c, 0, db_wal_frames(d));
        kit_sleep_us(100000);
    }
    ok(counter_sum(k.world.counters, COUNTER_checkpoints) > 0,
       "a file that could not be opened is checkpointed once it can");
    checkpointer_stop(c);
    db_close(d);
    kit_close(&k);
}

int main(void)
{
    struct kit k;

    kit_open(&k, "/tmp");
    test_roll(&k);
    test_retention(&k);
    test_retention_killed();
    test_damaged_segment(&k);
    test_lost_catalogue(&k);
    test_damaged_block(&k);
    kit_close(&k);
    test_checkpointer();
    test_full_disk();
    test_full_file();
    return done_testing();
}
