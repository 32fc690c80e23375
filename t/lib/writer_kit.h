/* writer_kit.h -- a data folder, a writer process over it, and a test that plays the workers. */
#ifndef QUERN_T_WRITER_KIT_H
#define QUERN_T_WRITER_KIT_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/event.h"
#include "proto/json.h"
#include "proto/record.h"
#include "schema/db.h"
#include "shm/log.h"
#include "shm/self.h"
#include "shm/world.h"
#include "t/lib/tap.h"
#include "writer/writer.h"

#define KIT_PATIENCE_S 20 /* times slow(): nothing that the writer does takes longer */

struct kit {
    char dir[64];
    struct world world;
    struct writer_conf conf;
    pid_t pid;
    int channel, stop;
    uint64_t commands;
    uint64_t put[WORLD_SLOTS]; /* end of what was put last */
    struct arena arena;
};

static void kit_sleep_us(long us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};

    nanosleep(&t, NULL);
}

/* Over a folder that is there, and stays. */
static void kit_open_at(struct kit *k, const char *dir)
{
    int rc;

    memset(k, 0, sizeof(*k));
    snprintf(k->dir, sizeof(k->dir), "%s", dir);
    if ((rc = world_open(k->dir, NULL, &k->world)) != 0)
        bail_out("%s: no data folder: %s", dir, strerror(-rc));
    k->conf = (struct writer_conf){.world = &k->world,
                                   .durability_power = true,
                                   .segment_rows = SEGMENT_ROWS_MAX,
                                   .seal_idle_s = 3600,
                                   .base_url = "http://127.0.0.1:9000",
                                   .channel = -1,
                                   .stop_signal_fd = -1};
    arena_init(&k->arena, 64 * MIB);
    log_set_level(LOG_LEVEL_ERROR);
}

__attribute__((unused)) static void kit_open(struct kit *k, const char *where)
{
    char dir[64];

    snprintf(dir, sizeof(dir), "%s/quern-writer-XXXXXX", where);
    if (!mkdtemp(dir))
        bail_out("no data folder");
    kit_open_at(k, dir);
}

/* Start a writer and wait until it says that it is ready. False: it left instead. */
__attribute__((unused)) static bool kit_start(struct kit *k)
{
    int pair[2];
    char byte;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    k->stop = eventfd(0, EFD_CLOEXEC); /* readable: as a signalfd on TERM would be */
    fflush(stdout);
    k->pid = fork();
    if (k->pid == 0) {
        close(pair[0]);
        self_set(ROLE_WRITER, 0, 1);
        k->conf.channel = pair[1];
        k->conf.stop_signal_fd = k->stop;
        _exit(writer_main(&k->conf));
    }
    close(pair[1]);
    k->channel = pair[0];
    return read(k->channel, &byte, 1) == 1 && byte == 'R';
}

static int kit_reap(struct kit *k)
{
    int status = -1;

    if (k->pid > 0)
        waitpid(k->pid, &status, 0);
    k->pid = 0;
    close(k->channel);
    close(k->stop);
    return status;
}

/* Drain and leave; the exit status. */
__attribute__((unused)) static int kit_stop(struct kit *k)
{
    uint64_t one = 1;
    int status;

    if (write(k->stop, &one, sizeof(one)) != sizeof(one))
        return -1;
    status = kit_reap(k);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

__attribute__((unused)) static void kit_kill(struct kit *k)
{
    if (k->pid > 0)
        kill(k->pid, SIGKILL);
    kit_reap(k);
}

__attribute__((unused)) static void kit_close(struct kit *k)
{
    char command[128];

    if (k->pid > 0)
        kit_kill(k);
    world_close(&k->world);
    arena_free(&k->arena);
    snprintf(command, sizeof(command), "rm -rf %s", k->dir);
    if (!tap_failed && system(command) != 0)
        note("%s stays", k->dir);
}

/* ---- records ---- */

/* An event with things in it; the test changes what it cares about before it is put. */
__attribute__((unused)) static struct record_event kit_event(uint64_t id, uint8_t hash)
{
    static struct record_tag tags[3] = {{{"environment", 11}, {"production", 10}},
                                        {{"browser", 7}, {"Firefox 140", 11}},
                                        {{"server_name", 11}, {"web-1", 5}}};
    struct record_event r = {.project = 1,
                             .timestamp_ms = world_now_ms(),
                             .level = LEVEL_ERROR,
                             .type = EVENT_ERROR,
                             .hash_count = 1,
                             .platform = TEXT("python"),
                             .title = TEXT("ValueError: no"),
                             .culprit = TEXT("app.views in cart"),
                             .metadata = TEXT("{\"type\":\"ValueError\",\"value\":\"no\"}"),
                             .environment = TEXT("production"),
                             .reason = TEXT("exception type and 3 in-app frames"),
                             .tags = tags,
                             .tag_count = 3,
                             .payload = TEXT("{\"event_id\":\"…\",\"message\":\"no\"}")};

    r.received_ms = r.timestamp_ms;
    for (int i = 0; i < 8; i++)
        r.id[i] = (uint8_t)(id >> 8 * i);
    r.id[15] = 1; /* never all zero */
    memset(r.hashes[0], hash, 16);
    return r;
}

/* The writer is still wanted: if it has left by itself, what it said is above, and that was it. */
static void kit_lives(struct kit *k)
{
    int status;

    if (k->pid <= 0)
        bail_out("%s: nobody drains the ring", k->dir);
    if (waitpid(k->pid, &status, WNOHANG) != k->pid)
        return;
    if (WIFSIGNALED(status))
        bail_out("%s: the writer died of signal %d", k->dir, WTERMSIG(status));
    bail_out("%s: the writer left with status %d", k->dir, WEXITSTATUS(status));
}

static int64_t kit_deadline(void)
{
    return world_ticks_us() + (int64_t)KIT_PATIENCE_S * slow() * 1000000;
}

/* Put into the ring of a slot, waiting for room as a client that is told to come back. */
static uint64_t kit_put(struct kit *k, uint32_t slot, enum record_kind kind, struct text body)
{
    struct iovec part = {(void *)(uintptr_t)body.at, body.len};
    int64_t until = kit_deadline();
    uint64_t end = 0;

    if (world_slot(&k->world, slot) != 0)
        return 0;
    while (ring_put(k->world.ring[slot], kind, &part, 1, &end) == RING_FULL) {
        kit_lives(k);
        if (world_ticks_us() > until)
            bail_out("%s: the writer lives, but leaves no room in the ring", k->dir);
        world_ring_writer(&k->world);
        kit_sleep_us(200);
    }
    world_ring_writer(&k->world);
    return k->put[slot] = end;
}

__attribute__((unused)) static uint64_t kit_put_event(struct kit *k, uint32_t slot,
                                                      const struct record_event *r)
{
    struct buf b;

    arena_reset(&k->arena);
    buf_init(&b, &k->arena, 4096, RECORD_MAX);
    record_event_write(&b, r);
    return kit_put(k, slot, RECORD_EVENT, buf_result(&b));
}

/* Wait until all that was put is durable. False: not in time. */
__attribute__((unused)) static bool kit_settled(struct kit *k)
{
    for (int64_t until = kit_deadline(); world_ticks_us() < until;) {
        bool all = true;

        for (uint32_t s = 0; s < WORLD_SLOTS; s++)
            all &= !k->world.ring[s] || ring_released(k->world.ring[s]) >= k->put[s];
        if (all)
            return true;
        kit_lives(k);
        kit_sleep_us(100);
    }
    return false;
}

/* … and counted in the catalogue. */
__attribute__((unused)) static bool kit_counted(struct kit *k)
{
    struct board *b = k->world.board;

    if (!kit_settled(k))
        return false;
    for (int64_t until = kit_deadline(); world_ticks_us() < until;) {
        if (atomic_load(&b->flushed_seq) >= atomic_load(&b->committed_seq) &&
            atomic_load(&b->flushed_batch) >= atomic_load(&b->committed_batch))
            return true;
        kit_lives(k);
        atomic_fetch_add(&b->flush_wanted, 1);
        world_ring_writer(&k->world);
        kit_sleep_us(500);
    }
    return false;
}

/* Run a command; its status. The answer is in *answer until the next call. */
__attribute__((unused)) static int kit_command(struct kit *k, const char *name, const char *args,
                                               struct text *answer)
{
    static char kept[MAIL_MAX];
    struct record_command c = {.id = ++k->commands,
                               .time_ms = world_now_ms(),
                               .name = text_of(name),
                               .args = text_of(args)};
    struct mail mail;
    struct buf b;

    arena_reset(&k->arena);
    buf_init(&b, &k->arena, 4096, COMMAND_MAX);
    record_command_write(&b, &c);
    if (!kit_put(k, 0, RECORD_COMMAND, buf_result(&b)))
        return -1;
    for (int64_t until = kit_deadline(); world_ticks_us() < until;) {
        while (mailbox_take(k->world.mailbox[0], &mail)) {
            if (mail.id != c.id)
                continue;
            memcpy(kept, mail.body, mail.len);
            if (answer)
                *answer = (struct text){kept, mail.len};
            return mail.status;
        }
        kit_lives(k);
        kit_sleep_us(100);
    }
    return -1;
}

/* ---- looking ---- */

/* One number from the catalogue, or from a segment file by name; -1: no row. */
static int64_t kit_number_in(struct kit *k, const char *file, const char *sql)
{
    struct db_options o = {.mode = DB_READ};
    char path[256];
    struct db *d;
    struct db_stmt *q;
    int64_t v = -1;

    snprintf(path, sizeof(path), "%s/%s", k->dir, file);
    if (db_open(path, &o, &d) == DB_OK && (q = db_adhoc(d, sql))) {
        if (db_step(q) == 1)
            v = db_col_int(q, 0);
    } else if (d) {
        note("%s: %s", path, db_error(d));
    }
    db_close(d);
    return v;
}

__attribute__((unused)) static int64_t kit_number(struct kit *k, const char *sql)
{
    return kit_number_in(k, "quern.db", sql);
}

/* A text, the same way; "" when there is none. */
__attribute__((unused)) static const char *kit_string(struct kit *k, const char *sql)
{
    static char out[4][1024];
    static int turn;
    struct db_options o = {.mode = DB_READ};
    char path[256];
    struct db *d;
    struct db_stmt *q;

    turn = (turn + 1) % 4;
    out[turn][0] = 0;
    snprintf(path, sizeof(path), "%s/quern.db", k->dir);
    if (db_open(path, &o, &d) == DB_OK && (q = db_adhoc(d, sql)) && db_step(q) == 1 &&
        db_col_str(q, 0, NULL))
        snprintf(out[turn], sizeof(out[turn]), "%s", db_col_str(q, 0, NULL));
    db_close(d);
    return out[turn];
}

/* The same number, summed over all segments. */
__attribute__((unused)) static int64_t kit_sum(struct kit *k, const char *sql)
{
    struct db_options o = {.mode = DB_READ};
    char path[256], file[160];
    struct db *d;
    struct db_stmt *q;
    int64_t sum = 0;

    snprintf(path, sizeof(path), "%s/quern.db", k->dir);
    if (db_open(path, &o, &d) == DB_OK &&
        (q = db_adhoc(d, "SELECT file FROM segment ORDER BY id"))) {
        while (db_step(q) == 1) {
            snprintf(file, sizeof(file), "segments/%s", db_col_str(q, 0, NULL));
            sum += kit_number_in(k, file, sql);
        }
    }
    db_close(d);
    return sum;
}

/* Wait until the number is that; the last one seen. */
__attribute__((unused)) static int64_t kit_wait(struct kit *k, const char *sql, int64_t want,
                                                int seconds)
{
    int64_t v = -1;

    for (int i = 0; i < seconds * 20 * slow(); i++) {
        if ((v = kit_number(k, sql)) == want)
            return v;
        kit_sleep_us(50000);
    }
    return v;
}

/* Wait until all segments but the one in use, of which there is at least one, are in that state. How many
 * they are depends on the day: at midnight one more begins. */
__attribute__((unused)) static bool kit_all_are(struct kit *k, const char *state, int seconds)
{
    char sql[128];

    snprintf(sql, sizeof(sql),
             "SELECT count(*) > 1 AND sum(state NOT IN ('active', '%s')) = 0 FROM segment", state);
    return kit_wait(k, sql, 1, seconds) == 1;
}

#endif
