/* metrics.c -- /metrics: the figures of the server for Prometheus, text format 0.0.4.
 * Counters come from shm/counter.tbl, names and help included; the rest is read off the board, the
 * rings and /proc. They tell of traffic and failures, so they are for local eyes, or for a token. */
#include <stdio.h>

#include "proto/record.h"
#include "worker/api_caller.h"
#include "worker/api_resources.h"
#include "worker/process.h"

#define LOAD(field) atomic_load_explicit(&(field), memory_order_relaxed)

static void head(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_printf(b, "# HELP quern_%s %s\n# TYPE quern_%s %s\n", name, help, name, type);
}

static void gauge(struct buf *b, const char *name, const char *help, double v)
{
    head(b, name, "gauge", help);
    buf_printf(b, "quern_%s %.17g\n", name, v);
}

/* A label's value: backslash, quote and line feed escaped. */
static void label(struct buf *b, const char *name, struct text v)
{
    buf_printf(b, "%s=\"", name);
    for (size_t i = 0; i < v.len; i++) {
        if (v.at[i] == '\\' || v.at[i] == '"')
            buf_byte(b, '\\');
        if (v.at[i] == '\n')
            buf_str(b, "\\n");
        else
            buf_byte(b, v.at[i]);
    }
    buf_byte(b, '"');
}

static void write_counters(struct api_call *c)
{
    char name[64];

    for (int i = 0; i < COUNTERS; i++) {
        enum counter which = (enum counter)i;

        snprintf(name, sizeof name, "%s_total", counter_name(which));
        head(&c->out, name, "counter", counter_help(which));
        buf_printf(&c->out, "quern_%s %llu\n", name,
                   (unsigned long long)counter_sum(query_world(c->q)->counters, which));
    }
}

static void process_label(struct buf *b, const char *name, const struct process *p)
{
    buf_printf(b, "quern_%s{role=\"%s\",slot=\"%u\"} ", name, role_name(p->role), p->slot);
}

static void write_processes(struct api_call *c)
{
    struct process *list = arena_alloc(c->arena, BOARD_ROWS * sizeof *list);
    uint32_t count = list ? process_list(query_world(c->q), true, list, BOARD_ROWS) : 0;
    struct buf *b = &c->out;

    head(b, "process_up", "gauge", "1 while the process serves");
    for (uint32_t i = 0; i < count; i++) {
        process_label(b, "process_up", &list[i]);
        buf_printf(b, "%d\n", list[i].state == BOARD_READY);
    }
    head(b, "process_restarts", "gauge", "how often the process in this place was started again");
    for (uint32_t i = 0; i < count; i++) {
        process_label(b, "process_restarts", &list[i]);
        buf_printf(b, "%u\n", list[i].restarts);
    }
    head(b, "process_pss_bytes", "gauge", "memory, shared pages divided by their users");
    for (uint32_t i = 0; i < count; i++) {
        if (list[i].pss_kib < 0)
            continue;
        process_label(b, "process_pss_bytes", &list[i]);
        buf_printf(b, "%lld\n", (long long)list[i].pss_kib * 1024);
    }
    head(b, "ring_lag_bytes", "gauge", "appended by a worker and not yet durable");
    for (uint32_t i = 0; i < count; i++) {
        if (list[i].ring_lag < 0)
            continue;
        process_label(b, "ring_lag_bytes", &list[i]);
        buf_printf(b, "%lld\n", (long long)list[i].ring_lag);
    }
}

static void write_board(struct api_call *c)
{
    const struct board *board = query_world(c->q)->board;
    struct buf *b = &c->out;

    gauge(b, "generation", "generation of workers", LOAD(board->generation));
    gauge(b, "commit_last_seconds", "duration of the last segment commit",
          (double)LOAD(board->commit_last_us) / 1e6);
    gauge(b, "commit_max_seconds", "longest segment commit since the writer started",
          (double)LOAD(board->commit_max_us) / 1e6);
    gauge(b, "fsync_last_seconds", "duration of the last fsync",
          (double)LOAD(board->fsync_last_us) / 1e6);
    gauge(b, "segments", "storage files", (double)LOAD(board->segments));
    gauge(b, "segment_bytes", "bytes in storage files", (double)LOAD(board->segment_bytes));
    gauge(b, "catalogue_bytes", "bytes in the catalogue", (double)LOAD(board->catalogue_bytes));
    gauge(b, "disk_free_bytes", "room on the disk of the data folder",
          (double)LOAD(board->free_bytes));
    gauge(b, "disk_full", "1 while new data is refused for want of room", LOAD(board->disk_full));
    gauge(b, "index_slots", "slots of the fingerprint index", (double)LOAD(board->index_slots));
    gauge(b, "index_used", "slots in use", (double)LOAD(board->index_used));
    gauge(b, "oldest_event_timestamp_seconds", "time of the oldest stored event",
          (double)LOAD(board->oldest_ms) / 1e3);
    gauge(b, "uncounted_events", "committed events that the aggregates do not contain yet",
          (double)(LOAD(board->committed_seq) - LOAD(board->flushed_seq)));
}

static void write_outcomes(struct api_call *c)
{
    struct db_stmt *s = api_query(c, "api_outcomes_since");
    struct buf *b = &c->out;

    if (s)
        db_int(s, "from", c->now_ms / 3600000 - 23);
    head(b, "outcomes_last_day", "gauge", "items of the last 24 hours by what became of them");
    while (api_row(c, s)) {
        int outcome = (int)db_col_int(s, 1);

        buf_str(b, "quern_outcomes_last_day{");
        label(b, "category", api_col(s, 0));
        buf_byte(b, ',');
        label(b, "outcome",
              text_of(outcome < OUTCOMES ? outcome_name((enum outcome)outcome) : "unknown"));
        buf_byte(b, ',');
        label(b, "reason", api_col(s, 2));
        buf_printf(b, "} %lld\n", (long long)db_col_int(s, 3));
    }
}

void metrics_get(struct api_call *c)
{
    if (!c->req.local && !(c->caller.scopes & SCOPE(ORG_READ))) {
        if (c->caller.by == API_NOBODY)
            caller_demand(c);
        api_forbid(c);
        return;
    }
    c->content_type = "text/plain; version=0.0.4; charset=utf-8";
    head(&c->out, "info", "gauge", "version of the server");
    buf_str(&c->out, "quern_info{version=\"" QUERN_VERSION "\"} 1\n");
    write_counters(c);
    write_processes(c);
    write_board(c);
    write_outcomes(c);
    api_done(c, 200);
}
