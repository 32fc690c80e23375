/* api_status.c -- /api/0/quern/status/: what `quern status` prints and the server page shows. */
#include <stdio.h>

#include "proto/record.h"
#include "worker/api_resources.h"
#include "worker/process.h"

#define LOAD(field) atomic_load_explicit(&(field), memory_order_relaxed)

static void write_or_null(struct buf *b, const char *key, int64_t v)
{
    if (v < 0)
        json_null(b, key);
    else
        json_int(b, key, v);
}

static void write_process(struct api_call *c, const struct process *p)
{
    struct buf *b = &c->out;

    json_open(b, NULL, '{');
    json_str(b, "role", role_name(p->role));
    json_int(b, "slot", p->slot);
    json_int(b, "pid", p->pid);
    json_int(b, "generation", p->generation);
    json_str(b, "state", process_state_word(p->state));
    api_time(b, "started", p->started_ms);
    json_int(b, "uptimeSeconds", p->started_ms ? (c->now_ms - p->started_ms) / 1000 : 0);
    api_time(b, "lastBeat", p->beat_ms);
    json_int(b, "restarts", p->restarts);
    write_or_null(b, "memoryPssKiB", p->pss_kib);
    write_or_null(b, "memoryRssKiB", p->rss_kib);
    if (p->ring_lag >= 0) {
        json_int(b, "ringLagBytes", p->ring_lag);
        json_int(b, "ringBytes", p->ring_room);
    }
    json_close(b, '}');
}

static void write_processes(struct api_call *c)
{
    struct process *list = arena_alloc(c->arena, BOARD_ROWS * sizeof *list);
    uint32_t count = list ? process_list(query_world(c->q), true, list, BOARD_ROWS) : 0;
    int64_t pss = 0, lag = 0;

    json_open(&c->out, "processes", '[');
    for (uint32_t i = 0; i < count; i++) {
        write_process(c, &list[i]);
        pss += list[i].pss_kib > 0 ? list[i].pss_kib : 0;
        lag += list[i].ring_lag > 0 ? list[i].ring_lag : 0;
    }
    json_close(&c->out, ']');
    json_int(&c->out, "memoryPssKiB", pss);
    json_int(&c->out, "ringLagBytes", lag);
}

static void write_rate(struct buf *b, const char *key, const double rate[3])
{
    json_open(b, key, '{');
    json_num(b, "1s", rate[0]);
    json_num(b, "10s", rate[1]);
    json_num(b, "60s", rate[2]);
    json_close(b, '}');
}

static void write_rates(struct api_call *c)
{
    struct query_rates r;

    query_rates(c->q, &r);
    json_open(&c->out, "rates", '{');
    write_rate(&c->out, "eventsPerSecond", r.events);
    write_rate(&c->out, "requestsPerSecond", r.requests);
    write_rate(&c->out, "bytesPerSecond", r.bytes);
    json_close(&c->out, '}');
}

static double mean(uint64_t sum, uint64_t n)
{
    return n ? (double)sum / (double)n : 0;
}

static void write_commits(struct api_call *c)
{
    const struct world *w = query_world(c->q);
    const struct board *board = w->board;
    uint64_t commits = counter_sum(w->counters, COUNTER_commits);
    struct buf *b = &c->out;

    json_open(b, "commits", '{');
    json_uint(b, "count", commits);
    json_num(b, "meanMicroseconds", mean(counter_sum(w->counters, COUNTER_commit_us), commits));
    json_num(b, "meanRecords", mean(counter_sum(w->counters, COUNTER_commit_records), commits));
    json_uint(b, "lastMicroseconds", LOAD(board->commit_last_us));
    json_uint(b, "maxMicroseconds", LOAD(board->commit_max_us));
    json_uint(b, "fsyncLastMicroseconds", LOAD(board->fsync_last_us));
    json_uint(b, "committedSeq", LOAD(board->committed_seq));
    json_uint(b, "flushedSeq", LOAD(board->flushed_seq));
    json_close(b, '}');
}

static void write_storage(struct api_call *c)
{
    const struct board *board = query_world(c->q)->board;
    struct buf *b = &c->out;

    json_open(b, "storage", '{');
    json_uint(b, "segments", LOAD(board->segments));
    json_uint(b, "segmentBytes", LOAD(board->segment_bytes));
    json_uint(b, "catalogueBytes", LOAD(board->catalogue_bytes));
    json_uint(b, "freeBytes", LOAD(board->free_bytes));
    json_bool(b, "diskFull", LOAD(board->disk_full) != 0);
    api_time(b, "oldestEvent", LOAD(board->oldest_ms));
    json_uint(b, "retentionDays", LOAD(board->retention_days));
    json_uint(b, "retentionBytes", LOAD(board->retention_bytes));
    json_uint(b, "minFreeBytes", LOAD(board->min_free_bytes));
    json_close(b, '}');
}

/* From the board: this process's view of the index belongs to the loop's thread, which may map another
 * table at any moment. */
static void write_index(struct api_call *c)
{
    const struct board *board = query_world(c->q)->board;
    uint64_t slots = LOAD(board->index_slots), used = LOAD(board->index_used);
    struct buf *b = &c->out;

    json_open(b, "index", '{');
    json_uint(b, "slots", slots);
    json_uint(b, "used", used);
    json_num(b, "load", mean(used, slots));
    json_close(b, '}');
}

static void write_counters(struct api_call *c)
{
    json_open(&c->out, "counters", '{');
    for (int i = 0; i < COUNTERS; i++)
        json_uint(&c->out, counter_name((enum counter)i),
                  counter_sum(query_world(c->q)->counters, (enum counter)i));
    json_close(&c->out, '}');
}

/* The last 24 hours, over all projects. */
static void write_outcomes(struct api_call *c)
{
    struct db_stmt *s = api_query(c, "api_outcomes_since");
    struct buf *b = &c->out;

    if (s)
        db_int(s, "from", c->now_ms / 3600000 - 23);
    json_open(b, "outcomes24h", '[');
    while (api_row(c, s)) {
        int outcome = (int)db_col_int(s, 1);

        json_open(b, NULL, '{');
        json_text(b, "category", api_col(s, 0));
        json_str(b, "outcome",
                 outcome < OUTCOMES ? outcome_name((enum outcome)outcome) : "unknown");
        json_text(b, "reason", api_col(s, 2));
        json_int(b, "quantity", db_col_int(s, 3));
        json_close(b, '}');
    }
    json_close(b, ']');
}

void status_get(struct api_call *c)
{
    const struct board *board = query_world(c->q)->board;
    struct buf *b = &c->out;

    query_settle(c->q);
    json_open(b, NULL, '{');
    json_str(b, "version", QUERN_VERSION);
    api_time(b, "now", c->now_ms);
    api_time(b, "started", LOAD(board->master_started_ms));
    json_int(b, "generation", LOAD(board->generation));
    write_processes(c);
    write_rates(c);
    write_commits(c);
    write_index(c);
    write_storage(c);
    write_outcomes(c);
    write_counters(c);
    json_close(b, '}');
    api_done(c, 200);
}
