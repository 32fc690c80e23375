/* writer.c -- the door and the loop. */
#include "writer/writer.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "shm/log.h"
#include "writer/active.h"
#include "writer/checkpoint.h"
#include "writer/command.h"
#include "writer/context.h"
#include "writer/drain.h"
#include "writer/files.h"
#include "writer/flush.h"
#include "writer/keep.h"
#include "writer/open.h"
#include "writer/pack.h"
#include "writer/seal.h"
#include "writer/span_tally.h"
#include "writer/tally.h"

#define SECOND_US INT64_C(1000000)
#define FLUSH_EVERY_US SECOND_US /* under load: so old may the catalogue's figures get */
/* Between two flushes, so that single events do not pay one each; and at least so many times what the last
 * one took: rings are empty for moments under load, too. */
#define FLUSH_GAP_US 50000
#define FLUSH_SHARE 20
/* Of a flush, between two batches: a sixth of what a reply may take, or such a part of what the batch took,
 * if that is more; but no more than the last, which it is while a reader waits for the flush. */
#define SLICE_US 1500
#define SLICE_SHARE 4
#define SLICE_MOST_US 5000
#define IDLE_SLICE_US 10000    /* … when nobody waits */
#define STALL_MS 250           /* between two tries when the disk is full */
#define ORPHAN_MAX_US 70000000 /* workers drain within 60 s (worker.c) */
#define ORPHAN_LOOK_US 10000   /* how often we look whether they have left */

/* ---- committing ---- */

/* Nothing is lost while the disk is full: the batch stays, the rings stay, workers refuse new data. */
static int commit_failed(struct writer *w, int rc)
{
    struct board *board = w->world->board;

    if (!w->stalled)
        log_error("commit", "file=%s error=\"%s\" kept_records=%u", w->active.file,
                  db_error(segment_db(w->active.segment)), w->batch.records);
    w->stalled = true;
    if (rc == DB_FULL)
        atomic_store_explicit(&board->disk_full, 1, memory_order_relaxed);
    else if (rc != DB_BUSY)
        return EX_IOERR; /* start anew: what is damaged is set aside then */
    return 0;
}

/* The thread does most of it; of a long WAL the rest is done here, so that it begins anew. */
static void end_wals(struct writer *w)
{
    unsigned last =
        w->checkpointer
            ? checkpointer_note(w->checkpointer, db_wal_frames(segment_db(w->active.segment)),
                                db_wal_frames(w->catalogue))
            : 0;

    if (last & CHECKPOINT_SEGMENT)
        db_checkpoint(segment_db(w->active.segment), NULL); /* busy: another time */
    if (last & CHECKPOINT_CATALOGUE && !flush_is_open(w))
        db_checkpoint(w->catalogue, NULL);
}

static int commit(struct writer *w)
{
    int rc;

    batch_close(w);
    if ((rc = batch_commit(w)) != DB_OK)
        return commit_failed(w, rc);
    if (w->stalled)
        log_notice("commit.resumed", "file=%s", w->active.file);
    w->stalled = false;
    end_wals(w);
    return 0;
}

/* ---- flushing ---- */

static bool flush_wanted(const struct writer *w)
{
    return atomic_load_explicit(&w->world->board->flush_wanted, memory_order_relaxed) != w->wanted;
}

/* When the rings are empty. */
static int64_t flush_soon(const struct writer *w)
{
    int64_t gap = w->tally->took_us * FLUSH_SHARE;

    return w->tally->flushed_us + (gap > FLUSH_GAP_US ? gap : FLUSH_GAP_US);
}

/* Microseconds until the next flush should begin; 0: now; -1: nothing to flush. */
static int64_t flush_in(const struct writer *w, bool idle)
{
    const struct tally *t = w->tally;
    int64_t now = world_ticks_us(), due;

    if (now < t->retry_us)
        return t->retry_us - now;
    if (t->flushing)
        return 0;
    if (t->filling->empty)
        return -1;
    if (tally_half_full(t) ||
        span_tally_half_full(
            w->span_tally)) /* so that it is never quite full, which would hold up the batches */
        return 0;
    due = t->filling->since_us + FLUSH_EVERY_US;
    if (idle || flush_wanted(w)) {
        int64_t soon = flush_wanted(w) ? t->flushed_us + FLUSH_GAP_US : flush_soon(w);

        if (idle && flush_wanted(w))
            soon = now;
        if (soon < due)
            due = soon;
    }
    return due > now ? due - now : 0;
}

static int64_t slice(const struct writer *w)
{
    int64_t us =
        (int64_t)atomic_load_explicit(&w->world->board->commit_last_us, memory_order_relaxed) /
        SLICE_SHARE;

    if (w->hurry || flush_wanted(w))
        return SLICE_MOST_US;
    return us < SLICE_US ? SLICE_US : us > SLICE_MOST_US ? SLICE_MOST_US : us;
}

static void flush_some(struct writer *w, bool idle)
{
    int64_t us = idle ? IDLE_SLICE_US : slice(w);

    if (flush_in(w, idle) != 0)
        return;
    if (!flush_is_open(w)) {
        w->hurry = flush_wanted(w);
        w->wanted = atomic_load_explicit(&w->world->board->flush_wanted, memory_order_relaxed);
        flush_begin(w);
    }
    if (flush_step(w, idle ? 0 : us, us) == FLUSH_FAILED)
        w->tally->retry_us = world_ticks_us() + STALL_MS * 1000;
}

/* ---- sleeping ---- */

static void look_around(struct writer *w, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = w->world->writer_bell, .events = POLLIN},
                           {.fd = w->conf->stop_signal_fd, .events = POLLIN},
                           {.fd = w->orphan_us ? -1 : w->conf->channel, .events = POLLIN}};
    uint64_t count;
    char byte;

    if (poll(fds, 3, timeout_ms) <= 0)
        return;
    if (fds[0].revents & POLLIN && read(w->world->writer_bell, &count, sizeof(count)) == -1)
        count = 0;
    if (fds[1].revents & (POLLIN | POLLHUP))
        w->stopping = true;
    /* End of file: master is gone, nobody would restart us; what it says otherwise is not for us. */
    if (fds[2].revents & (POLLIN | POLLHUP) && read(w->conf->channel, &byte, 1) == 0) {
        log_warn("writer.orphan", "master is gone, draining");
        w->orphan_us = world_ticks_us();
    }
}

/* ---- leaving ---- */

static bool workers_gone(const struct writer *w)
{
    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++) {
        const struct board_row *row = &w->world->board->row[slot];

        if (atomic_load_explicit(&row->state, memory_order_relaxed) != BOARD_FREE &&
            board_alive(atomic_load_explicit(&row->pid, memory_order_relaxed)))
            return false;
    }
    return true;
}

/* Orphans: the workers have heard of it as well and drain; they wait for our commits, so we leave
 * after the last of them. */
static void orphan_check(struct writer *w)
{
    if (w->orphan_us && !w->stopping &&
        (workers_gone(w) || world_ticks_us() - w->orphan_us > ORPHAN_MAX_US))
        w->stopping = true;
}

/* Told to stop: what the rings held at that moment is drained, then we go. Under load there is never
 * an end of it, and when workers still run (a reload, a take-over) another writer comes after us. */
static bool may_leave(struct writer *w)
{
    if (!w->leaving)
        drain_find_rings(w);
    for (uint32_t slot = 0; slot < WORLD_SLOTS && !w->leaving; slot++)
        if (w->world->ring[slot])
            w->slots[slot].leave_at = ring_tail(w->world->ring[slot]);
    w->leaving = true;
    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++)
        if (w->slots[slot].cursor < w->slots[slot].leave_at)
            return false;
    return batch_empty(&w->batch);
}

static void rest(struct writer *w, int64_t us)
{
    struct board *board = w->world->board;

    /* Say "asleep", then look once more; whoever puts a record looks whether we sleep after it.
     * The fences on both sides see to it that one of us sees the other. */
    atomic_store_explicit(&board->asleep, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    if (!drain_pending(w) && !(flush_wanted(w) && flush_is_due(w)))
        look_around(w, (int)((us + 999) / 1000));
    atomic_store_explicit(&board->asleep, 0, memory_order_relaxed);
}

static int64_t until_second(const struct writer *w)
{
    int64_t left = w->second_us + SECOND_US - world_ticks_us();

    return left > 0 ? left : 0;
}

/* ---- the loop ---- */

static bool commands_wait(const struct writer *w)
{
    for (uint32_t slot = 0; slot < WORLD_SLOTS; slot++)
        if (w->slots[slot].command)
            return true;
    return false;
}

static void roll_if_full(struct writer *w)
{
    bool urgent;

    if (!active_is_full(w, &urgent) || world_ticks_us() < w->active.retry_us)
        return;
    if (flush_is_open(w) && !urgent)
        return; /* a moment later it costs nobody a wait */
    if ((flush_is_open(w) && flush_all(w) != DB_OK) || active_roll(w) != DB_OK) {
        w->active.overdue = true;
        w->active.retry_us = world_ticks_us() + SECOND_US;
    }
}

/* One round; *idle: there was nothing to do. 0 or an exit status. */
static int round_of(struct writer *w, bool *idle)
{
    enum drained drained = DRAIN_STALL;
    int status;

    if (batch_empty(&w->batch))
        drained = drain_rings(w);
    *idle = drained == DRAIN_EMPTY;
    if (!batch_empty(&w->batch)) {
        if ((status = commit(w)) != 0 || w->stalled)
            return status;
    } else if (drained == DRAIN_STALL) {
        w->stalled = true;
        atomic_store_explicit(&w->world->board->disk_full, 1, memory_order_relaxed);
        return 0;
    }
    roll_if_full(w);
    if (index_wants_growth(w->world->index)) /* before a probe finds no room */
        index_grow(w->world->index);
    if (commands_wait(w) && (status = command_serve(w)) != 0)
        return status;
    if (drained == DRAIN_FLUSH && flush_all(w) != DB_OK)
        w->stalled = true;
    return 0;
}

/* Microseconds until something is due. */
static int64_t nap(const struct writer *w)
{
    int64_t us = until_second(w), flush_us = flush_in(w, true);

    if (flush_us > 0 && flush_us < us)
        us = flush_us;
    return w->orphan_us && us > ORPHAN_LOOK_US ? ORPHAN_LOOK_US : us;
}

static int run(struct writer *w)
{
    int status = 0;

    while (status == 0) {
        bool idle;

        look_around(w, 0); /* a busy writer hears TERM, too */
        if ((status = round_of(w, &idle)) != 0)
            break;
        orphan_check(w);
        if (until_second(w) == 0)
            keep_second(w);
        if (w->stalled) {
            look_around(w, STALL_MS);
            if (w->stopping) /* the rings keep what we could not */
                return EX_TEMPFAIL;
            if (batch_empty(&w->batch))
                w->stalled = false;
            continue;
        }
        if (w->stopping && may_leave(w))
            break;
        flush_some(w, idle);
        if (!idle)
            continue;
        if (drain_find_rings(w))
            continue;
        if (flush_in(w, true) != 0)
            rest(w, nap(w));
    }
    return status;
}

static void say_ready(struct writer *w)
{
    struct board_row *row = &w->world->board->row[BOARD_WRITER];

    atomic_store_explicit(&row->state, BOARD_READY, memory_order_release);
    keep_second(w);
    if (w->conf->channel >= 0 && write(w->conf->channel, "R", 1) != 1)
        log_warn("writer.channel", "errno=%d", errno);
}

int writer_main(const struct writer_conf *conf)
{
    struct writer *w = NULL;
    int status;

    /* Else glibc moves the thresholds up with each large buffer that is freed, and keeps the next ones. */
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
    mallopt(M_TRIM_THRESHOLD, 256 << 10);
    mallopt(M_ARENA_MAX, 2); /* one for us, one for the two threads that help */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is a full disk, not a reason to die */
    setenv("SQLITE_TMPDIR", conf->world->dir, 1); /* /tmp may be small, or not be ours to write */
    if ((status = writer_open(conf, &w)) == 0) {
        w->checkpointer = checkpointer_start(w);
        w->sealer = sealer_start(w);
        if (!w->checkpointer || !w->sealer)
            status = EX_OSERR;
    }
    if (status == 0) {
        char path[FILES_PATH_MAX];

        files_segment(w->world, w->active.file, path);
        checkpointer_watch(w->checkpointer, path);
        keep_unsealed(w);
        w->keep.busy_us = world_ticks_us(); /* we have not seen it quiet yet */
        say_ready(w);
        status = run(w);
        atomic_store_explicit(&w->world->board->row[BOARD_WRITER].state, BOARD_DRAINING,
                              memory_order_release);
        if (status == 0 && flush_all(w) != DB_OK)
            log_warn("writer.flush", "left to the next start");
    }
    if (w) {
        sealer_stop(w->sealer);
        checkpointer_stop(w->checkpointer);
        w->sealer = NULL;
        w->checkpointer = NULL;
    }
    writer_close(w);
    return status;
}
