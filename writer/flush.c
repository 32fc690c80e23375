#include "writer/flush.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "shm/log.h"
#include "writer/drain.h"
#include "writer/flush_parts.h"
#include "writer/listed.h"
#include "writer/notice.h"
#include "writer/span_tally.h"

#define PER_LOOK 16 /* pieces between two looks at the clock */
#define PER_SUM 16  /* rows that are summed up in one piece */
#define ROW_GROUPS (TALLY_TABLES << GROUP_BITS)
#define GROUP_BITS 5

enum stage {
    BEGIN,
    SUM,
    DEAL,
    RELEASES,
    CREATED,
    HASHES,
    ISSUES,
    USERS,
    ROWS,
    FEEDBACK,
    SPANS,
    END
};

struct order {
    uint64_t key;
    uint32_t row;
};

struct flush {
    enum stage stage;
    uint32_t at; /* within the stage */
    /* Rows by table, owner and tag key: neighbours share pages. To put all in order at once would take
     * longer than a slice may: they are dealt into groups, each of which is sorted when its turn comes. */
    struct order *order; /* TALLY_ROWS; given back after each flush */
    uint32_t group_end[ROW_GROUPS];
    uint32_t group, sorted; /* the next one to be sorted; rows that are */
    unsigned owner_shift;   /* owners of one group share the bits above */
    struct tally_hash *hash;
    struct tally_feedback *feedback;
    struct flush_group open; /* the tag key whose values are being written */
    int64_t us;              /* spent so far */
    uint64_t batch;          /* up to this one */
};

#define ORDER_BYTES (TALLY_ROWS * sizeof(struct order))

struct flush *flush_new(void)
{
    struct flush *f = calloc(1, sizeof(struct flush));
    void *at = mmap(NULL, ORDER_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (f && at != MAP_FAILED) {
        f->order = at;
        return f;
    }
    if (at != MAP_FAILED)
        munmap(at, ORDER_BYTES);
    free(f);
    return NULL;
}

void flush_free(struct flush *f)
{
    if (f)
        munmap(f->order, ORDER_BYTES);
    free(f);
}

bool flush_is_open(const struct writer *w)
{
    return w->tally->flushing != NULL;
}

bool flush_is_due(const struct writer *w)
{
    return w->tally->flushing || !w->tally->filling->empty;
}

void flush_begin(struct writer *w)
{
    struct tally *t = w->tally;

    t->flushing = t->filling;
    t->filling = &t->generation[t->flushing == &t->generation[0]];
    t->flush->stage = BEGIN;
    t->flush->us = 0;
    t->flush->batch = atomic_load_explicit(&w->world->board->committed_batch, memory_order_relaxed);
    span_tally_turn(w->span_tally);
}

/* ---- the stages: each writes the piece at f->at; *more false: the stage is at its end ---- */

static int compare(const void *a, const void *b)
{
    uint64_t x = ((const struct order *)a)->key, y = ((const struct order *)b)->key;

    return (x > y) - (x < y);
}

/* Table, then owner, then tag key. The key enters by a hash: rows of one key need only stand together. */
static uint64_t order_key(const struct tally_generation *g, const struct tally_row *r)
{
    struct text a = tally_row_a(g, r);
    uint32_t h = 0;

    if (r->table == TALLY_ISSUE_TAG || r->table == TALLY_PROJECT_TAG)
        for (size_t i = 0; i < a.len; i++)
            h = h * 31 + (uint8_t)a.at[i];
    else
        h = r->id2;
    return (uint64_t)r->table << 56 | (uint64_t)r->id << 24 | (h & 0xffffff);
}

static uint32_t group_of(const struct flush *f, const struct order *o)
{
    uint32_t table = (uint32_t)(o->key >> 56), owner = (uint32_t)(o->key >> 24) >> f->owner_shift;

    return table << GROUP_BITS | (owner >> GROUP_BITS ? (1u << GROUP_BITS) - 1 : owner);
}

static void choose_groups(struct flush *f, const struct tally_generation *g)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < g->issue_count; i++)
        most = g->issues[i].issue > most ? g->issues[i].issue : most;
    for (f->owner_shift = 0; most >> f->owner_shift >> GROUP_BITS;)
        f->owner_shift++;
    memset(f->group_end, 0, sizeof(f->group_end));
    f->group = f->sorted = 0;
}

static int begin(struct writer *w, struct tally_generation *g, struct flush *f, bool *more)
{
    int rc;

    choose_groups(f, g);
    f->hash = g->hashes;
    f->feedback = g->feedback;
    f->open = (struct flush_group){0};
    *more = false;
    /* Not durable at once: what is lost in a power cut is made again from the blocks. */
    if ((rc = db_set_sync(w->catalogue, false)) != DB_OK)
        return rc;
    return db_begin(w->catalogue);
}

static int sum(struct writer *w, struct tally_generation *g, struct flush *f, bool *more)
{
    uint32_t first = f->at * PER_SUM, last = first + PER_SUM;

    (void)w;
    while (g->summed < last && tally_sum(g))
        ; /* one that is written again has been summed up */
    for (uint32_t i = first; i < last && i < g->row_count; i++) {
        f->order[i] = (struct order){order_key(g, &g->rows[i]), i};
        f->group_end[group_of(f, &f->order[i])]++;
    }
    *more = last < g->row_count;
    return DB_OK;
}

/* Each row into its group, by exchanging. */
static int deal(struct writer *w, struct tally_generation *g, struct flush *f, bool *more)
{
    uint32_t next[ROW_GROUPS], end = 0;

    (void)w;
    (void)g;
    for (uint32_t i = 0; i < ROW_GROUPS; i++) {
        next[i] = end;
        f->group_end[i] = end += f->group_end[i];
    }
    for (uint32_t i = 0; i < ROW_GROUPS; i++) {
        while (next[i] < f->group_end[i]) {
            struct order o = f->order[next[i]];
            uint32_t home = group_of(f, &o);

            f->order[next[i]] = f->order[next[home]];
            f->order[next[home]++] = o;
        }
    }
    *more = false;
    return DB_OK;
}

/* The row that comes at that place. */
static struct tally_row *row_at(struct tally_generation *g, struct flush *f, uint32_t at)
{
    while (at >= f->sorted) {
        uint32_t end = f->group_end[f->group++];

        qsort(f->order + f->sorted, end - f->sorted, sizeof(*f->order), compare);
        f->sorted = end;
    }
    return &g->rows[f->order[at].row];
}

static int releases(struct writer *w, struct tally_generation *g, struct flush *f, bool *more)
{
    *more = f->at < g->row_count && row_at(g, f, f->at)->table == TALLY_RELEASE_PROJECT;
    return *more ? flush_release_row(w, g, row_at(g, f, f->at)) : DB_OK;
}

static int created(struct writer *w, struct tally_generation *g, struct flush *f, bool *more)
{
    *more = f->at < g->issue_count;
    return *more && g->issues[f->at].created ? flush_created(w, g, &g->issues[f->at]) : DB_OK;
}

static int hashes(struct writer *w, struct tally_generation *g, struct flush *f, bool *more)
{
    struct tally_hash *h = f->hash;

    *more = h != NULL;
    if (!h)
        return DB_OK;
    f->hash = h->next;
    return flush_hash(w, h);
}

static int issues(struct writer *w, struct tally_generation *g, struct flush *f, bool *more)
{
    *more = f->at < g->issue_count;
    return *more ? flush_issue(w, g, &g->issues[f->at]) : DB_OK;
}

static int users(struct writer *w, struct tally_generation *g, struct flush *f, bool *more)
{
    *more = f->at < g->issue_count;
    return *more ? flush_users(w, &g->issues[f->at]) : DB_OK;
}

static int rows(struct writer *w, struct tally_generation *g, struct flush *f, bool *more)
{
    *more = f->at < g->row_count;
    return *more ? flush_row(w, g, &f->open, row_at(g, f, f->at)) : flush_group_end(w, &f->open);
}

static int feedback(struct writer *w, struct tally_generation *g, struct flush *f, bool *more)
{
    struct tally_feedback *b = f->feedback;

    *more = b != NULL;
    if (!b)
        return DB_OK;
    f->feedback = b->next;
    return flush_feedback(w, &b->record);
}

static int spans(struct writer *w, struct tally_generation *g, struct flush *f, bool *more)
{
    return flush_span(w, f->at, more);
}

static int end(struct writer *w, struct tally_generation *g, struct flush *f, bool *more)
{
    int rc = DB_OK;

    *more = false;
    for (uint32_t i = 0; rc == DB_OK && i < g->mark_count; i++) {
        struct db_stmt *q = db_query(w->catalogue, "tallied_set");

        if (!q)
            return DB_FAIL;
        db_int_at(q, 1, g->marks[i].segment);
        db_int_at(q, 2, (int64_t)g->marks[i].block);
        db_int_at(q, 3, (int64_t)g->marks[i].seq);
        db_int_at(q, 4, g->marks[i].whole);
        rc = db_run(q);
    }
    return rc == DB_OK ? db_commit(w->catalogue) : rc;
}

static int (*const stages[])(struct writer *, struct tally_generation *, struct flush *, bool *) = {
    [BEGIN] = begin,     [SUM] = sum,           [DEAL] = deal,     [RELEASES] = releases,
    [CREATED] = created, [HASHES] = hashes,     [ISSUES] = issues, [USERS] = users,
    [ROWS] = rows,       [FEEDBACK] = feedback, [SPANS] = spans,   [END] = end,
};

/* ---- running them ---- */

static void succeeded(struct writer *w)
{
    struct board *board = w->world->board;
    struct tally *t = w->tally;
    uint64_t seq = t->flushing->seq;

    notice_flushed(w, t->flushing);
    if (seq > atomic_load_explicit(&board->flushed_seq, memory_order_relaxed))
        atomic_store_explicit(&board->flushed_seq, seq, memory_order_release);
    atomic_store_explicit(&board->flushed_batch, t->flush->batch, memory_order_release);
    atomic_fetch_add_explicit(&board->change, 1, memory_order_release);
    tally_clear(t->flushing);
    t->flushing = NULL;
    madvise(t->flush->order, ORDER_BYTES, MADV_DONTNEED);
    flush_span_done(w);
    t->flushed_us = world_ticks_us();
    t->took_us = t->flush->us;
    writer_count(w, COUNTER_flushes, 1);
    writer_count(w, COUNTER_flush_us, (uint64_t)t->flush->us);
}

static bool enough(const struct writer *w, int64_t began_us, int64_t least_us, int64_t most_us)
{
    int64_t spent = world_ticks_us() - began_us;

    return spent >= most_us || (spent >= least_us && drain_pending(w));
}

static int step(struct writer *w, int64_t began_us, int64_t least_us, int64_t most_us)
{
    struct tally *t = w->tally;
    struct flush *f = t->flush;
    int rc;

    for (unsigned n = 1; f->stage <= END; n++) {
        bool more = false;

        if ((rc = stages[f->stage](w, t->flushing, f, &more)) != DB_OK)
            return rc;
        f->at++;
        if (!more) {
            f->stage++;
            f->at = 0;
        }
        if (n % PER_LOOK == 0 && f->stage <= END && enough(w, began_us, least_us, most_us))
            return DB_OK;
    }
    return DB_OK;
}

enum flushed flush_step(struct writer *w, int64_t least_us, int64_t most_us)
{
    struct flush *f = w->tally->flush;
    int64_t began_us = world_ticks_us();
    int rc = step(w, began_us, least_us, most_us);

    f->us += world_ticks_us() - began_us;
    if (rc != DB_OK) {
        writer_complain(w->catalogue, "flush", rc);
        db_rollback(w->catalogue);
        flush_span_failed(w);
        listed_clear(w->tally->listed); /* what it learnt is gone again with the transaction */
        f->stage = BEGIN;
        f->at = 0;
        return FLUSH_FAILED;
    }
    if (f->stage <= END)
        return FLUSH_MORE;
    succeeded(w);
    return FLUSH_DONE;
}

static int finish(struct writer *w)
{
    enum flushed how = FLUSH_MORE;

    while (w->tally->flushing && how == FLUSH_MORE)
        how = flush_step(w, INT64_MAX, INT64_MAX);
    return how == FLUSH_FAILED ? DB_FAIL : DB_OK;
}

int flush_all(struct writer *w)
{
    int rc = finish(w);

    if (rc == DB_OK && !w->tally->filling->empty) {
        flush_begin(w);
        rc = finish(w);
    }
    return rc;
}
